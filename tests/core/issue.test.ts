import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { causeText, describeIssues, issuesOf, preview } from '../../src/core/issue'

const issuesFor = (codec: t.Mixed, value: unknown) =>
  E.match(issuesOf, () => [])(codec.decode(value))

describe('preview', () => {
  it.each<readonly [unknown, string]>([
    ['text', '"text"'],
    [7, '7'],
    [-0, '0'],
    [10n, '10n'],
    [true, 'true'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [[1, 2], 'an array of 2'],
    [{ a: 1 }, 'an object'],
  ])('shows %p as %s', (value, shown) => {
    expect(preview(value)).toBe(shown)
  })

  it('cuts long text short', () => {
    expect(preview('x'.repeat(1_000_000))).toBe(`"${'x'.repeat(79)}...`)
  })
})

describe('issuesOf', () => {
  it('names the place and what was expected there', () => {
    const Order = t.type({ lines: t.array(t.type({ amount: t.number })) })
    expect(issuesFor(Order, { lines: [{ amount: 1 }, { amount: '2' }] })).toEqual([
      { path: 'lines.1.amount', message: 'expected number, got "2"' },
    ])
  })

  it('has an empty path for the value as a whole', () => {
    expect(issuesFor(t.number, 'x')).toEqual([{ path: '', message: 'expected number, got "x"' }])
  })

  it('leaves out the steps of intersections and the like, which have no key', () => {
    const Both = t.intersection([t.type({ a: t.string }), t.type({ b: t.number })])
    expect(issuesFor(Both, { a: 'x', b: 'y' }).map(({ path }) => path)).toEqual(['b'])
    const Either = t.type({ a: t.union([t.string, t.strict({ b: t.string })]) })
    expect(issuesFor(Either, { a: { b: 1 } })).toEqual([
      { path: 'a', message: 'expected string, got an object' },
      { path: 'a.b', message: 'expected string, got 1' },
    ])
    const Inner = t.exact(t.intersection([t.type({ a: t.string }), t.partial({ 0: t.string })]))
    expect(issuesFor(t.array(Inner), [{ a: 'x', 0: 1 }])).toMatchObject([{ path: '0.0' }])
    const Refined = t.type({ a: t.exact(t.type({ b: t.string })) })
    expect(issuesFor(Refined, { a: { b: 1 } }).map(({ path }) => path)).toEqual(['a.b'])
    const [unnamed] = issuesOf([
      {
        value: 1,
        context: [
          { key: '', type: t.string },
          { key: '', type: t.string },
          { key: 'a', type: t.string },
        ],
      },
    ])
    expect(unnamed?.path).toBe('a')
  })

  it("takes a codec's own message when it has one", () => {
    const Picky = new t.Type<string, string, unknown>(
      'Picky',
      t.string.is,
      (value, context) => t.failure(value, context, 'not picky enough'),
      t.identity,
    )
    expect(issuesFor(Picky, 'x')).toEqual([{ path: '', message: 'not picky enough' }])
  })

  it('says so when nothing is known of what was expected', () => {
    expect(issuesOf([{ value: 1, context: [] }])).toEqual([
      { path: '', message: 'expected something else, got 1' },
    ])
  })

  it('gives ten issues at most', () => {
    const many = Array.from({ length: 50 }, () => 'x')
    expect(issuesFor(t.array(t.number), many)).toHaveLength(10)
  })
})

describe('describeIssues', () => {
  it('is one line', () => {
    expect(
      describeIssues([
        { path: 'a.b', message: 'is wrong' },
        { path: '', message: 'is odd' },
      ]),
    ).toBe('a.b: is wrong; is odd')
  })
})

describe('causeText', () => {
  it('is the message of an error, and a picture of anything else', () => {
    expect(causeText(new TypeError('oh'))).toBe('oh')
    expect(causeText('oh')).toBe('"oh"')
    expect(causeText(undefined)).toBe('undefined')
  })
})
