import fc from 'fast-check'

const storable = (value: string): string => value.replaceAll('\u0000', '')

const isoDate = fc
  .date({ min: new Date(0), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString())

/** Text that a store can keep: also empty, in any script, and in forms that codecs like to ask for. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }).map(storable) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }).map(storable) },
  { weight: 1, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: isoDate },
  { weight: 1, arbitrary: fc.emailAddress() },
  { weight: 1, arbitrary: fc.nat().map(String) },
)

/** Numbers that JSON keeps: small ones most often, and those at the edges. */
export const number: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 100 }) },
  { weight: 2, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.maxSafeInteger() },
  {
    weight: 1,
    arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  },
)

/** Any JSON, not deep. */
export const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.string({ minLength: 1, maxLength: 4 }).map((key) => `k${storable(key)}`),
      tie('value'),
      { maxKeys: 3, noNullPrototype: true },
    ),
  ),
})).value
