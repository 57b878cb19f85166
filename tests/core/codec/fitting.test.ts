import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { commandCodec } from '../../../src/core/codec/command-codec'
import { eventCodec, eventType } from '../../../src/core/codec/event-codec'
import { stateCodec } from '../../../src/core/codec/state-codec'
import { fitsReading, fitsWriting } from '../../../src/core/codec/io-ts-fast-path'
import { type JsonObject, MAXIMUM_DEPTH } from '../../../src/core/json'

type Codec = t.Type<unknown, unknown>
type Props = Record<string, Codec>
interface Happened {
  readonly type: 'Happened'
}

const any = (codec: t.Any): Codec => codec
const Small = t.brand(
  t.number,
  (value): value is t.Branded<number, { readonly Small: symbol }> => value < 2,
  'Small',
)
const Throwing = t.refinement(t.string, (text) => {
  if (text === 'b') throw new Error('b')
  return true
})
const Loud = new t.Type<string, string>('Loud', t.string.is, t.string.validate, (text) =>
  text.toUpperCase(),
)
const copyOf = (codec: t.Mixed, changes: Partial<t.Mixed>): Codec =>
  any(
    Object.assign(Object.create(Object.getPrototypeOf(codec) as object) as t.Mixed, codec, changes),
  )
const Shouted = copyOf(t.string, { encode: (text: string) => text.toUpperCase() })
const Trusting = copyOf(t.number, { validate: (value) => t.success(Number(value)) })

const scalar: fc.Arbitrary<Codec> = fc.constantFrom<Codec[]>(
  ...[t.string, t.number, t.boolean, t.null, t.keyof({ a: null, b: null, '\u0000': null })].map(
    any,
  ),
  ...['a', '\u0000', 0, Number.NaN, true].map((value) => any(t.literal(value))),
)
const odd: fc.Arbitrary<Codec> = fc.constantFrom<Codec[]>(
  ...[Small, Throwing, Loud, Shouted, Trusting, t.undefined, t.unknown, t.UnknownRecord].map(any),
)
const names = ['a', 'b', 'c', 'toString', '__proto__', 'a\u0000']
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', 'b', 'c') },
  fc.constantFrom(...names),
)

const propsOf = (part: fc.Arbitrary<Codec>): fc.Arbitrary<Props> =>
  fc
    .array(fc.tuple(name, part), { maxLength: 3 })
    .map(
      (entries) =>
        Object.defineProperties(
          {},
          Object.fromEntries(
            entries.map(([key, value]) => [key, { value, enumerable: true, configurable: true }]),
          ),
        ) as Props,
    )

/** io-ts cannot take apart a union whose members have a key that every object inherits. */
const unionOf = (left: Codec, right: Codec): Codec => {
  try {
    return any(t.union([left, right]))
  } catch {
    return left
  }
}

const recordWith =
  (type: Props) =>
  (first: Props, second: Props, kind: number): Codec => {
    const both = { ...type, ...first }
    return any(
      [
        () => t.strict(both),
        () => t.type(both),
        () => t.intersection([t.type(both), t.partial(second)]),
        () => t.exact(t.intersection([t.type(both), t.partial(second)])),
        () => t.intersection([t.strict(both), t.partial(second)]),
        () => t.exact(t.partial(both)),
        () => t.readonly(t.type(both)),
      ][kind % 7]?.() ?? t.unknown,
    )
  }

const { codec: part } = fc.letrec<{ codec: Codec }>((tie) => ({
  codec: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    { weight: 6, arbitrary: scalar },
    { weight: 2, arbitrary: odd },
    tie('codec').map((item) => any(t.array(item))),
    tie('codec').map((item) => any(t.readonlyArray(item))),
    fc.tuple(tie('codec'), tie('codec')).map(([left, right]) => unionOf(left, right)),
    fc.tuple(scalar, scalar).map(([left, right]) => any(t.union([left, right]))),
    fc
      .tuple(propsOf(tie('codec')), propsOf(tie('codec')), fc.nat())
      .map(([first, second, kind]) => recordWith({})(first, second, kind)),
  ),
}))

const happened: fc.Arbitrary<t.Type<Happened, unknown>> = fc
  .tuple(propsOf(part), propsOf(part), fc.nat())
  .map(
    ([first, second, kind]) =>
      recordWith({ type: any(t.literal('Happened')) })(first, second, kind) as t.Type<
        Happened,
        unknown
      >,
  )

/** The same codec, but nothing can be seen of what it is made of. */
const opaque = <Value>({ name, is, validate, encode }: t.Type<Value, unknown>) =>
  new t.Type<Value, unknown>(name, is, validate, encode)

const strange: fc.Arbitrary<unknown> = fc.constantFrom<unknown[]>(
  ...[undefined, null, Number.NaN, Number.POSITIVE_INFINITY, -0, 0, 1, 7, 'a', 'b', 'c', '\u0000'],
  ...[
    '\ud800',
    'toString',
    true,
    1n,
    Symbol.iterator,
    () => 'a',
    [],
    ['a'],
    new Array(2),
    new Date(0),
  ],
  ...[{}, { a: 'a' }, Object.create({ a: 'a' }), Object.create(null), /a/, { a: undefined }],
  ...[
    JSON.parse('{"__proto__":"a","a":"a"}'),
    {
      get a() {
        return 'a'
      },
    },
  ],
  {
    get a(): string {
      throw new Error('a')
    },
  },
)

const recordFrom = (entries: ReadonlyArray<readonly [string, unknown]>, twist: number): unknown => {
  const record: object = twist === 1 ? Object.create(null) : twist === 2 ? new Error('own') : {}
  for (const [key, value] of entries) {
    if (twist === 3 && key === 'a') Object.setPrototypeOf(record, { a: value })
    else
      Object.defineProperty(record, key, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      })
  }
  if (twist === 4) Object.assign(record, { [Symbol('extra')]: 1 })
  return twist === 5 ? Object.freeze(record) : record
}

/** Values that `codec` takes, and many that it nearly does. */
const near = (codec: unknown): fc.Arbitrary<unknown> => {
  const { _tag, type, types, value } = codec as {
    readonly _tag?: string
    readonly type: Codec
    readonly types: ReadonlyArray<Codec>
    readonly value: unknown
  }
  const fitting = (): fc.Arbitrary<unknown> => {
    switch (_tag) {
      case 'LiteralType':
        return fc.constant(value)
      case 'ArrayType':
      case 'ReadonlyArrayType':
        return fc.array(near(type), { maxLength: 3 })
      case 'UnionType':
        return fc.oneof(...types.map(near))
      case 'InterfaceType':
      case 'PartialType':
      case 'ExactType':
      case 'ReadonlyType':
      case 'IntersectionType':
        return nearRecord(Object.entries(propsIn(codec)))
      case undefined:
      default:
        return fc.constantFrom<unknown[]>('a', 'b', 0, 1, true, null)
    }
  }
  return fc.oneof({ weight: 15, arbitrary: fitting() }, { weight: 1, arbitrary: strange })
}

const propsIn = (codec: unknown): Props => {
  const { props, type, types } = codec as {
    readonly props?: Props
    readonly type?: unknown
    readonly types?: ReadonlyArray<unknown>
  }
  if (types !== undefined) return Object.assign({}, ...types.map(propsIn)) as Props
  return props ?? propsIn(type)
}

const nearRecord = (fields: ReadonlyArray<readonly [string, Codec]>): fc.Arbitrary<unknown> =>
  fc
    .tuple(
      fc.tuple(...fields.map(([key, codec]) => near(codec).map((value) => [key, value] as const))),
      fc.oneof(
        { weight: 5, arbitrary: fc.constant([]) },
        fc.array(fc.tuple(name, strange), { maxLength: 1 }),
      ),
      fc.option(fc.nat(fields.length), { freq: 4 }),
      fc.boolean(),
      fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(5)),
    )
    .map(([entries, more, missing, reversed, twist]) => {
      const kept = [...entries.filter((_entry, index) => index !== missing), ...more]
      return recordFrom(reversed ? kept.reverse() : kept, twist)
    })

const outcome = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (cause) {
    return { threw: cause instanceof Error ? cause.message : cause }
  }
}
/** Equal in what they hold, and in the order of their keys. */
const expectSame = (one: unknown, other: unknown): void => {
  expect(one).toEqual(other)
  expect(outcome(() => JSON.stringify(one))).toEqual(outcome(() => JSON.stringify(other)))
}

const pairs = happened.chain((codec) => fc.tuple(fc.constant(codec), near(codec)))
const runs = { numRuns: 2_000 }

describe('a codec that is looked into', () => {
  it('writes, rejects and throws as io-ts does', () => {
    fc.assert(
      fc.property(pairs, ([codec, value]) => {
        const seen = eventCodec<Happened>({ Happened: eventType(codec) })
        const unseen = eventCodec<Happened>({ Happened: eventType(opaque(codec)) })
        const event = value as Happened
        expectSame(
          outcome(() => seen.encode(event)),
          outcome(() => unseen.encode(event)),
        )
      }),
      runs,
    )
  })

  it('reads stored events, and rejects them, as io-ts does', () => {
    fc.assert(
      fc.property(pairs, ([codec, value]) => {
        const seen = eventCodec<Happened>({ Happened: eventType(codec) })
        const unseen = eventCodec<Happened>({ Happened: eventType(opaque(codec)) })
        const stored = { type: 'Happened', schemaVersion: 1, data: value as JsonObject }
        expectSame(
          outcome(() => seen.decode(stored)),
          outcome(() => unseen.decode(stored)),
        )
      }),
      runs,
    )
  })

  it('takes commands, and rejects them, as io-ts does', () => {
    fc.assert(
      fc.property(pairs, ([codec, value]) => {
        const seen = commandCodec<Happened>({ Happened: codec })
        const unseen = commandCodec<Happened>({ Happened: opaque(codec) })
        expectSame(
          outcome(() => seen.decode(value)),
          outcome(() => unseen.decode(value)),
        )
      }),
      runs,
    )
  })

  it('keeps states, and reads them, as io-ts does', () => {
    fc.assert(
      fc.property(pairs, ([codec, value]) => {
        const seen = stateCodec(1, codec as Codec)
        const unseen = stateCodec(1, opaque(codec as Codec))
        expectSame(
          outcome(() => [seen.encode(value), seen.decode(value)]),
          outcome(() => [unseen.encode(value), unseen.decode(value)]),
        )
      }),
      runs,
    )
  })

  it('hands on the very value that it fits', () => {
    fc.assert(
      fc.property(pairs, ([codec, value]) => {
        if (fitsReading(codec)(value)) expect(codec.decode(value)).toStrictEqual(E.right(value))
        if (fitsWriting(codec)(value)) expect(codec.is(value)).toBe(true)
      }),
      runs,
    )
  })
})

const Line = t.strict({ sku: t.string, count: t.Int })
const Paid = t.union([t.literal('card'), t.literal('cash'), t.null])
const Ordered = t.exact(
  t.intersection([
    t.type({ type: t.literal('Ordered'), lines: t.readonlyArray(Line), paid: Paid }),
    t.partial({ note: t.readonly(t.type({ text: t.string })), gift: t.boolean }),
  ]),
)
const ordered = { type: 'Ordered', lines: [{ sku: 'a', count: 1 }], paid: null }
const nested = (depth: number): Codec =>
  depth === 0 ? any(t.string) : any(t.array(nested(depth - 1)))
const within = (depth: number): unknown => (depth === 0 ? 'a' : [within(depth - 1)])

describe('fitsReading and fitsWriting', () => {
  it.each<[string, unknown]>([
    ['an event', ordered],
    ['its keys in another order', { paid: 'card', lines: [], type: 'Ordered' }],
    ['what may be missing', { ...ordered, gift: true, note: { text: 'b' } }],
  ])('say yes to %s', (_what, value) => {
    expect([fitsReading(Ordered)(value), fitsWriting(Ordered)(value)]).toEqual([true, true])
  })

  it.each<[string, unknown]>([
    ['a key too many', { ...ordered, more: 1 }],
    ['a key too many inside', { ...ordered, lines: [{ sku: 'a', count: 1, more: 1 }] }],
    ['a key too few', { type: 'Ordered', lines: [] }],
    ['a refinement that is not met', { ...ordered, lines: [{ sku: 'a', count: 1.5 }] }],
    ['no number', { ...ordered, lines: [{ sku: 'a', count: Number.NaN }] }],
    ['a list with a hole', { ...ordered, lines: new Array(1) }],
    ['no record', [ordered]],
    ['nothing', null],
  ])('leave %s to io-ts', (_what, value) => {
    expect([fitsReading(Ordered)(value), fitsWriting(Ordered)(value)]).toEqual([false, false])
  })

  it('write only what is storable JSON, and read the rest as well', () => {
    const Note = t.type({ text: t.string, number: t.number })
    for (const value of [
      { text: '\u0000', number: 1 },
      { text: '\ud800', number: 1 },
      { text: 'a', number: 1, more: undefined },
    ]) {
      expect([fitsReading(Note)(value), fitsWriting(Note)(value)]).toEqual([true, false])
    }
  })

  it('leave a codec with the tag of another one to io-ts', () => {
    const pretending = copyOf(t.string, { _tag: 'UnionType' } as object)
    expect(fitsReading(pretending)('a')).toBe(false)
  })

  it('look as deep as JSON may go, and no deeper', () => {
    const looksInto = (depth: number) => fitsReading(nested(depth))(within(depth))
    expect([looksInto(MAXIMUM_DEPTH), looksInto(MAXIMUM_DEPTH + 1)]).toEqual([true, false])
  })
})
