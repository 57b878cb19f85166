import fc from 'fast-check'
import { Day, Instant, NonEmptyText, WholeNumber } from 'reprise/codec'
import { arbitraryFromCodec } from 'reprise/testing'
import { rightOf } from '../../support/right'

const valid = {
  WholeNumber: [0, 1, Number.MAX_SAFE_INTEGER],
  NonEmptyText: ['a', ' a ', '.'],
  Day: ['2026-11-27', '2028-02-29', '2000-02-29', '0000-01-01', '9999-12-31'],
  Instant: ['2026-11-27T13:55:12.000Z', '1969-12-31T23:59:59.999Z', '2028-02-29T00:00:00.000Z'],
}
const invalid = {
  WholeNumber: [-1, 0.5, NaN, Infinity, 2 ** 53, '1', null, undefined],
  NonEmptyText: ['', ' ', '\t\n', 7, null],
  Day: [
    '2026-1-1',
    '2027-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-11-00',
    '2026-11-27T00:00:00.000Z',
    ' 2026-11-27',
    '',
    20261127,
  ],
  Instant: [
    '2026-11-27',
    '2026-11-27T13:55:12Z',
    '2026-11-27T13:55:12.000',
    '2026-11-27T24:00:00.000Z',
    '2026-11-27T23:60:00.000Z',
    '2026-02-30T00:00:00.000Z',
    '2026-11-27T13:55:12.000ZT',
    'T',
    0,
  ],
}
const codecs = { WholeNumber, NonEmptyText, Day, Instant }
const names = ['WholeNumber', 'NonEmptyText', 'Day', 'Instant'] as const

describe.each(names)('%s', (name) => {
  it.each(valid[name].map((value) => [value]))('accepts %j', (value) => {
    expect(codecs[name].decode(value)).toMatchObject({ right: value })
  })

  it.each(invalid[name].map((value) => [value]))('rejects %j', (value) => {
    expect(codecs[name].is(value)).toBe(false)
  })

  it('has an arbitrary of its own values', () => {
    const arbitrary = rightOf(arbitraryFromCodec<unknown>(codecs[name]))
    fc.assert(fc.property(arbitrary, (value) => codecs[name].is(value)))
  })
})

describe('Day and Instant', () => {
  it('accept what a Date gives as text, and nothing that a Date does not read', () => {
    const date = fc.date({
      min: new Date('0000-01-01T00:00:00.000Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(date, (when) => {
        expect(Instant.is(when.toISOString())).toBe(true)
        expect(Day.is(when.toISOString().slice(0, 10))).toBe(true)
      }),
    )
    const two = fc.integer({ min: 0, max: 39 }).map((n) => String(n).padStart(2, '0'))
    fc.assert(
      fc.property(fc.integer({ min: 1896, max: 2104 }), two, two, (year, month, day) => {
        const text = `${year}-${month}-${day}`
        const read = new Date(`${text}T00:00:00.000Z`)
        const isReal = !Number.isNaN(read.getTime()) && read.toISOString().startsWith(text)
        expect(Day.is(text)).toBe(isReal)
      }),
      { numRuns: 2_000 },
    )
  })
})
