import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import {
  jsonIssue,
  jsonSize,
  MAXIMUM_DEPTH,
  measureJson,
  toJson,
  toJsonObject,
} from '../../src/core/json'
import { inheriting } from '../support/inheriting'

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })

const circle = (): unknown => {
  const self: Record<string, unknown> = {}
  self['self'] = self
  return self
}

describe('jsonIssue', () => {
  it('finds nothing in what JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        fc.pre(!JSON.stringify(value).includes('\\u0000'))
        expect(jsonIssue(value)).toBeUndefined()
      }),
    )
  })

  it.each<readonly [string, unknown, string, RegExp]>([
    ['undefined', undefined, '', /undefined is not JSON: omit the key/],
    ['NaN', { a: Number.NaN }, 'a', /NaN is not JSON/],
    ['Infinity', [1, [Infinity]], '1.0', /Infinity is not JSON/],
    ['a bigint', { a: [{ b: 10n }] }, 'a.0.b', /the bigint 10n is not JSON: encode it as a string/],
    ['a function', { a: () => 1 }, 'a', /a function is not JSON/],
    ['a symbol', { a: Symbol('x') }, 'a', /Symbol\(x\) is not JSON/],
    ['a Date', { at: new Date(0) }, 'at', /not a plain object/],
    ['a hole in a list', { list: new Array(1) }, 'list.0', /undefined is not JSON/],
    ['a NUL in text', { a: 'x\u0000' }, 'a', /NUL/],
    ['a lone surrogate in text', { a: ['\ud800'] }, 'a.0', /lone surrogate/],
    [
      'a NUL in a key',
      { a: { 'x\u0000': 1 } },
      'a."x\\u0000"',
      /in a key, text cannot contain the NUL/,
    ],
    [
      'a lone surrogate in a key',
      { '\udfff': 1 },
      '"\\udfff"',
      /in a key, text cannot contain a lone surrogate/,
    ],
    ['something under an empty key', { a: { '': undefined } }, 'a.', /undefined/],
  ])('names the place of %s', (_name, value, path, message) => {
    expect(jsonIssue(value)?.path).toBe(path)
    expect(jsonIssue(value)?.message).toMatch(message)
  })

  it('takes objects without a prototype', () => {
    expect(jsonIssue(Object.assign(Object.create(null), { a: 1 }))).toBeUndefined()
  })

  it('takes nesting to the limit, and rejects what is beyond it or contains itself', () => {
    expect(jsonIssue(nested(MAXIMUM_DEPTH))).toBeUndefined()
    expect(jsonIssue(nested(MAXIMUM_DEPTH + 1))?.message).toMatch(/nested deeper than 200/)
    expect(jsonIssue(circle())?.message).toMatch(/or contains itself/)
  })
})

describe('toJson', () => {
  it('gives back the value itself', () => {
    const value = { a: [1, null, 'x', true] }
    expect(toJson(value)).toEqual(E.right(value))
    expect(toJson(null)).toEqual(E.right(null))
  })

  it('gives the issue of what is not JSON', () => {
    expect(toJson({ a: undefined })).toMatchObject(E.left([{ path: 'a' }]))
  })
})

describe('toJsonObject', () => {
  it('passes over what every object inherits', () => {
    expect(inheriting(() => toJsonObject({ a: 1 }))).toEqual(E.right({ a: 1 }))
  })

  it('gives back a record', () => {
    expect(toJsonObject({ a: 1 })).toEqual(E.right({ a: 1 }))
  })

  it.each([
    [null, 'null'],
    [[1], 'an array of 1'],
    ['text', '"text"'],
    [7, '7'],
  ])('rejects %j', (value, shown) => {
    const message = `expected an object, got ${shown}`
    expect(toJsonObject(value)).toEqual(E.left([{ path: '', message }]))
  })

  it('gives the issue of what is not JSON', () => {
    expect(toJsonObject({ a: 1n })).toMatchObject(E.left([{ path: 'a' }]))
  })
})

describe('jsonSize', () => {
  it('counts the characters of text and keys, and 8 for anything else', () => {
    expect(jsonSize('four')).toBe(4)
    expect([1, true, null].map((value) => jsonSize(value))).toEqual([8, 8, 8])
    expect(jsonSize({ ab: 'cde', f: [1, 'gh'] })).toBe(8 + 2 + 3 + 1 + 8 + 8 + 2)
  })

  /** The definition, written down once more. */
  const defined = (value: unknown): number => {
    if (typeof value === 'string') return Math.max(value.length, 1)
    if (typeof value !== 'object' || value === null) return 8
    const keys = Array.isArray(value) ? [] : Object.keys(value)
    const sum = (sizes: ReadonlyArray<number>) => sizes.reduce((total, size) => total + size, 8)
    return sum([...keys.map((key) => key.length), ...Object.values(value).map(defined)])
  }
  const anyJson = fc.oneof(
    fc.jsonValue({ noUnicodeString: false }),
    // Lone surrogates, control characters, and -0, which no store keeps, are measured all the same.
    fc.object({
      key: fc.oneof(fc.string(), fc.constant(''), fc.constant('\ud800')),
      values: [
        fc.constantFrom('', '\udfff', '\u0001', '\u0000', '😀', -0, 5e-324, -1e300, null, true),
      ],
    }),
  )

  it('counts by its definition, and the same as when a value is checked', () => {
    expect([jsonSize(''), jsonSize(-0), jsonSize('\ud800'), jsonSize({ '': '' })]).toEqual([
      1, 8, 1, 9,
    ])
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(jsonSize(value)).toBe(defined(value))
        const measured = measureJson(value)
        if (typeof measured === 'number') expect(measured).toBe(defined(value))
      }),
    )
  })

  it('is at least a ninth of the bytes of the JSON, and at most eight times as much', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const bytes = Buffer.byteLength(JSON.stringify(value))
        expect(jsonSize(value) * 9).toBeGreaterThanOrEqual(bytes)
        expect(jsonSize(value)).toBeLessThanOrEqual(bytes * 8)
      }),
    )
  })
})
