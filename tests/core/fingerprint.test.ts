import fc from 'fast-check'
import { fingerprintOf } from '../../src/core/fingerprint'

const endless: Record<string, unknown> = {}
endless['self'] = endless

describe('a fingerprint', () => {
  it.each([
    ['a word', '085c847e3eac5406'],
    [{ type: 'Add', amounts: [1, 2] }, '527a29dd49b3712e'],
    [
      { type: 'Transfer', to: 'B2', note: 'für Ada 💶', extra: { a: null, b: true } },
      'd1f5a7d9e677b1ab',
    ],
  ])('is stored, so it never changes: %j', (value, fingerprint) => {
    expect(fingerprintOf(value)).toBe(fingerprint)
  })

  it('is the same whatever the order of keys, and with keys left out or undefined', () => {
    expect(fingerprintOf({ a: 1, b: { c: 2, d: [{ e: 3, f: 4 }] }, g: undefined })).toBe(
      fingerprintOf({ b: { d: [{ f: 4, e: 3 }], c: 2 }, a: 1 }),
    )
  })

  it('distinguishes what is not the same JSON', () => {
    const values = [
      ...[null, true, false, 0, 1, -1, 1.5, '', '0', '1', 'true', 'null', '-', 't', 'n1'],
      ...[[], {}, [[]], [{}], [null], [''], ['a', 'b'], ['b', 'a'], ['a,1:b'], ['a', ['b']]],
      ...[
        { a: 1 },
        { a: '1' },
        { a: [1] },
        { a: { b: 1 } },
        { a: 1, b: 1 },
        { 'a1:b': 1 },
        { A: 1 },
      ],
    ]
    expect(new Set(values.map(fingerprintOf)).size).toBe(values.length)
  })

  it('distinguishes any two values that differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const [first, second] = [one, other].map(
          (value) => JSON.parse(JSON.stringify(value)) as unknown,
        )
        const sorted = (value: unknown): unknown =>
          typeof value !== 'object' || value === null
            ? value
            : Array.isArray(value)
              ? value.map(sorted)
              : Object.entries(value)
                  .map(([key, inner]): [string, unknown] => [key, sorted(inner)])
                  .sort(([left], [right]) => (left < right ? -1 : 1))
        const text = (value: unknown) => JSON.stringify([sorted(value), Array.isArray(value)])
        return (fingerprintOf(first) === fingerprintOf(second)) === (text(first) === text(second))
      }),
    )
  })

  it('has no collision among 200,000 values that are nearly the same', () => {
    const seen = new Set<string | undefined>()
    for (let n = 0; n < 200_000; n++) seen.add(fingerprintOf({ type: 'Add', amount: n }))
    expect(seen.size).toBe(200_000)
  })

  it.each([
    ['a function', { run: () => 1 }],
    ['a bigint', [1n]],
    ['a symbol', { key: Symbol('s') }],
    ['undefined', undefined],
    ['undefined in a list', [undefined]],
    ['NaN', { a: NaN }],
    ['an instance of a class', { at: new Date(0) }],
    ['a Map', new Map()],
    ['a cycle', endless],
  ])('is there for JSON alone, and not for %s', (_name, value) => {
    expect(fingerprintOf(value)).toBeUndefined()
  })
})
