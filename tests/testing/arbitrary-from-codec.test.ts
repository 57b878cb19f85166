import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import * as t from 'io-ts'
import { jsonIssue } from '../../src/core/json'
import { arbitraryFromCodec, type Guard } from 'reprise/testing'

interface PositiveBrand {
  readonly Positive: unique symbol
}
const Positive = t.brand(
  t.number,
  (value): value is t.Branded<number, PositiveBrand> => Number.isSafeInteger(value) && value > 0,
  'Positive',
)

const codecs: ReadonlyArray<Guard<unknown>> = [
  t.string,
  t.number,
  t.boolean,
  t.null,
  t.unknown,
  t.UnknownRecord,
  t.UnknownArray,
  t.literal('a'),
  t.keyof({ a: null, b: null }),
  t.array(t.string),
  t.readonlyArray(t.number),
  t.readonly(t.type({ a: t.string })),
  t.strict({ a: t.string, b: t.union([t.null, t.number]) }),
  t.exact(t.intersection([t.type({ a: t.string }), t.partial({ b: t.boolean })])),
  t.partial({ a: t.string }),
  t.tuple([t.string, t.number]),
  t.record(t.string, t.number),
  t.record(t.keyof({ a: null }), t.number),
  Positive,
  t.Int,
]

describe('arbitraryFromCodec', () => {
  it.each(codecs.map((codec) => [codec.name, codec] as const))(
    'makes up values that %s takes and a store can keep',
    (_, codec) => {
      const arbitrary = arbitraryFromCodec(codec)
      if (E.isLeft(arbitrary)) throw new Error(arbitrary.left)
      fc.assert(
        fc.property(arbitrary.right, (value) => codec.is(value) && jsonIssue(value) === undefined),
        { numRuns: 300 },
      )
    },
  )

  it('makes up undefined for undefined and void', () => {
    for (const codec of [t.undefined, t.void]) {
      const arbitrary = arbitraryFromCodec(codec)
      if (E.isLeft(arbitrary)) throw new Error(arbitrary.left)
      expect(fc.sample(arbitrary.right, 2)).toEqual([undefined, undefined])
    }
  })

  const Iban = t.refinement(t.string, (text) => /^DE\d{20}$/.test(text), 'Iban')
  const opaque = new t.Type<string>('Opaque', t.string.is, t.string.validate, t.string.encode)
  const hopeless: ReadonlyArray<Guard<unknown>> = [
    Iban,
    t.strict({ iban: Iban }),
    t.partial({ iban: Iban }),
    t.array(Iban),
    t.union([t.string, Iban]),
    t.tuple([Iban, t.string]),
    t.intersection([t.type({ a: t.string }), t.type({ iban: Iban })]),
    t.record(t.string, Iban),
    t.refinement(Iban, () => true, 'OurIban'),
  ]

  it.each(hopeless.map((codec) => [codec.name, codec] as const))(
    'requires an arbitrary by name for %s',
    (_, codec) => {
      const advice = arbitraryFromCodec(codec)
      expect(advice).toEqual(E.left(expect.stringContaining('Iban')))
      const known = { Iban: fc.constant(`DE${'1'.repeat(20)}`) }
      expect(E.isRight(arbitraryFromCodec(codec, known))).toBe(true)
    },
  )

  it('requires an arbitrary for a codec it cannot inspect', () => {
    expect(arbitraryFromCodec(opaque)).toEqual(
      E.left(expect.stringContaining('no arbitrary can be derived for the codec Opaque')),
    )
  })
})
