import * as fc from 'fast-check'
import * as t from 'io-ts'
import { commands } from 'reprise'
import { optional } from 'reprise/codec'
import { commandTemplates } from '../../src/studio/command-templates'
import { difference } from '../../src/studio/difference'
import { DEFAULT_MASK, maskOf, shownBy } from '../../src/studio/masking'
import { graphOf } from '../../src/studio/page/graph'
import type { EventRow } from '../../src/studio/answers'
import { plain } from '../../src/studio/plain'

describe('maskOf', () => {
  const mask = maskOf([...DEFAULT_MASK, 'Shoe_Size'])
  it.each([
    'name',
    'Name',
    'customerName',
    'customer_name',
    'e-mail',
    'homeEMail',
    'EMAIL',
    'IBAN',
    'dateOfBirth',
    'shippingAddress',
    'ipAddress',
    'shoeSize',
    'user.shoe-size',
  ])('hides %s', (field) => expect(mask(field)).toBe(true))
  it.each([
    'amount',
    'names',
    'emailSent',
    'nameChangedAt',
    'filenames',
    'balance',
    'ship',
    '',
    'type',
  ])('shows "%s"', (field) => expect(mask(field)).toBe(false))
})

describe('shownBy', () => {
  it('hides every value below a hidden name, and says where', () => {
    const value = { owner: { first: 'Ada', tags: ['a', null] }, 'a/b~c': { email: '' }, n: 1 }
    expect(shownBy(maskOf(['owner', 'email']), value)).toEqual({
      value: { owner: { first: null, tags: [null, null] }, 'a/b~c': { email: null }, n: 1 },
      hidden: ['/owner/first', '/owner/tags/0', '/a~1b~0c/email'],
    })
    expect(shownBy(maskOf(['owner']), 'Ada', ['owner'])).toEqual({ value: null, hidden: [''] })
    expect(shownBy(undefined, value)).toEqual({ value, hidden: [] })
  })
})

describe('difference', () => {
  it('names each part that was added, removed or changed, and stops at its limit', () => {
    const before = { a: 1, b: [1, 2], c: { d: 'x' }, e: null }
    const after = { a: 1, b: [1, 3, 4], c: { f: 'x' }, e: {} }
    expect(difference(before, after, 100).changes).toEqual([
      { path: ['b', '1'], before: 2, after: 3 },
      { path: ['b', '2'], after: 4 },
      { path: ['c', 'd'], before: 'x' },
      { path: ['c', 'f'], after: 'x' },
      { path: ['e'], before: null, after: {} },
    ])
    expect(difference(before, after, 2)).toMatchObject({ changes: [{}, {}], more: true })
  })

  it('finds nothing between equal values, and something between different ones', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const copy = JSON.parse(JSON.stringify(one)) as typeof one
        const isSame = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
        expect(difference(one as never, copy as never, 9).changes).toEqual([])
        expect(difference(one as never, other as never, 9).changes.length > 0).toBe(!isSame)
      }),
    )
  })
})

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return { list: value.map(sorted) } // an empty one is no empty record
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)])
}

describe('plain', () => {
  it('makes JSON of any state, and never throws', () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const state = {
      map: new Map([['a', 1n]]),
      set: new Set([1]),
      when: new Date(0),
      none: undefined,
      run: () => 1,
      nan: NaN,
    }
    expect(plain(state)).toMatchObject({
      map: { a: '1n' },
      set: [1],
      run: '(function)',
      nan: 'NaN',
    })
    expect(JSON.stringify(plain(circular))).toContain('nested too deeply')
    const hostile = {
      get secret(): never {
        throw new Error('no')
      },
    }
    expect(plain(hostile)).toMatch(/^\(cannot be read/)
  })
})

describe('commandTemplates', () => {
  it('begins a command of each type with what its codec says', () => {
    const codec = commands({
      Open: { owner: t.string, kind: t.keyof({ a: null, b: null }) },
      Pay: { amount: t.number, note: optional(t.string), lines: t.array(t.string) },
      Close: {},
    })
    expect(commandTemplates(codec.shape)).toEqual([
      { type: 'Open', owner: '', kind: 'a' },
      { type: 'Pay', amount: 0, lines: [] },
      { type: 'Close' },
    ])
    expect(commandTemplates(undefined)).toEqual([])
    expect(commandTemplates({ _tag: 'InterfaceType', props: 7 })).toEqual([])
  })
})

describe('graphOf', () => {
  const event = (id: string, streamId: string, more: Partial<EventRow> = {}): EventRow => ({
    ...{
      id,
      streamId,
      version: 1,
      position: 1,
      recordedAt: 0,
      type: 'T',
      schemaVersion: 1,
      size: 8,
    },
    metadata: { value: {}, hidden: [] },
    ...more,
  })
  it('leads from a cause to what it has caused, by event or by command, and only forwards', () => {
    const { lanes, edges } = graphOf([
      event('1', 'a-1', { commandId: 'c1' }),
      event('2', 'a-1', { commandId: 'c1' }),
      event('3', 'b-1', { causationId: '1', commandId: 'c2' }),
      event('4', 'a-1', { causationId: 'c1' }),
      event('5', 'b-1', { causationId: '6' }),
      event('6', 'b-1', { causationId: 'unknown' }),
    ])
    expect(lanes).toEqual(['a-1', 'b-1'])
    expect(edges.map(({ from, to }) => [from.event.id, to.event.id])).toEqual([
      ['1', '3'],
      ['2', '4'],
    ])
  })
})
