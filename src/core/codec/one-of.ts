import * as t from 'io-ts'

/** One codec for the values of all `codecs`. (Decoding a union selects the codec by `type` instead.) */
export const oneOf = <Value>(
  codecs: ReadonlyArray<t.Type<Value, unknown>>,
): t.Type<Value, unknown> => {
  const [first, second, ...more] = codecs
  if (first === undefined) {
    const is = (_value: unknown): _value is Value => false
    return new t.Type('never', is, (value, context) => t.failure(value, context), t.identity)
  }
  return second === undefined ? first : t.union([first, second, ...more])
}
