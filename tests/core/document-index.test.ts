import fc from 'fast-check'
import { placesOf, sortRange } from '../../src/core/document-index'
import type { Json } from '../../src/core/json'

const byCodePoints = (left: string, right: string): number =>
  Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right)))

const keyOf = (...values: ReadonlyArray<Json>): string => {
  const fields = values.map((_, index) => `f${index}`)
  const document = Object.fromEntries(fields.map((field, index) => [field, values[index] ?? null]))
  return placesOf({ index: fields }, document)['index'] ?? ''
}

/** The order that is declared: by type, then by value; what has no order is equal. */
const rankOf = (value: Json): number =>
  value === null
    ? 0
    : typeof value === 'boolean'
      ? 1 + Number(value)
      : typeof value === 'number'
        ? 3
        : typeof value === 'string'
          ? 4
          : 5
const compare = (left: Json, right: Json): number => {
  if (typeof left === 'number' && typeof right === 'number') return Math.sign(left - right)
  if (typeof left === 'string' && typeof right === 'string') return byCodePoints(left, right)
  return Math.sign(rankOf(left) - rankOf(right))
}

const text = fc.string({
  unit: fc.constantFrom('\u0001', '\u0002', ' ', 'a', '~', 'é', '\ud83d\ude00'),
})
const value: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, [], {}, 0, -0, 1, -1),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  text,
)

describe('the sort keys of documents', () => {
  it('sort as their values do, field by field', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 4 }), (pairs) => {
        const [left, right] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)]
        const expected = pairs
          .map(([one, other]) => compare(one, other))
          .find((order) => order !== 0)
        expect(byCodePoints(keyOf(...left), keyOf(...right))).toBe(expected ?? 0)
      }),
      { numRuns: 2_000 },
    )
  })

  it('are in a range if, and only if, their values are', () => {
    fc.assert(
      fc.property(value, value, value, value, (first, from, to, second) => {
        const range = sortRange(['f0', 'f1', 'f2'], { where: { f0: first }, from, to })
        if (typeof range === 'string') throw new Error(range)
        const key = keyOf(first, second, 'anything')
        const isIn = byCodePoints(key, range.low) >= 0 && byCodePoints(key, range.high) < 0
        expect(isIn).toBe(compare(second, from) >= 0 && compare(second, to) <= 0)
        const other = keyOf('another', second, 'anything')
        const isOther = byCodePoints(other, range.low) >= 0 && byCodePoints(other, range.high) < 0
        expect(isOther).toBe(isIn && first === 'another')
      }),
      { numRuns: 2_000 },
    )
  })

  it('tell long texts apart that begin alike, by their first 100 characters', () => {
    const long = '\ud83d\ude00'.repeat(100)
    expect(keyOf(long)).toBe(keyOf(long))
    expect(keyOf(`${long}a`)).not.toBe(keyOf(`${long}b`))
    expect(byCodePoints(keyOf(long), keyOf(`${long}a`))).toBe(-1)
    expect(byCodePoints(keyOf(`${long}a`), keyOf(`${long.slice(2)}\u{10ffff}`))).toBe(-1)
    expect(keyOf('x'.repeat(100_000)).length).toBeLessThan(150)
  })

  it('take what has no such field for nothing', () => {
    for (const document of [null, 7, [1], {}]) {
      expect(placesOf({ index: ['f0'] }, document)).toEqual({ index: keyOf(null) })
    }
    expect(placesOf({ index: ['constructor'] }, {})).toEqual({ index: keyOf(null) })
  })

  it('are not looked for by fields that the index does not begin with', () => {
    expect(sortRange(['a', 'b'], { where: { b: 1 } })).toMatch(/only by the first of them/)
    expect(sortRange(['a', 'b'], { where: { a: 1, c: 1 } })).toMatch(/cannot find by a, c/)
    expect(sortRange(['a'], { where: { a: 1 }, to: 2 })).toMatch(/none is left for a range/)
    expect(sortRange(['a'], {})).toEqual({ low: '', high: '~' })
  })
})
