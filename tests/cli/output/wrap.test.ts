import * as fc from 'fast-check'
import { argument } from '../../../src/core/text'
import { wrap } from '../../../src/cli/output/wrap'

describe('a text that is longer than its column', () => {
  it.each([
    ['could not be handled', 12, ['could not be', 'handled']],
    ['process:transfers', 16, ['process:', 'transfers']],
    ['BookingConfirmed', 10, ['Booking', 'Confirmed']],
    ['{"amount":1250,"to":"A2"}', 16, ['{"amount":1250,', '"to":"A2"}']],
    ['select pg_terminate_backend(7)', 24, ['select', 'pg_terminate_backend(7)']],
    ['aaaaaaaa', 3, ['aaa', 'aaa', 'aa']],
    ['', 5, ['']],
  ])('%j is broken where words end in %i columns', (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines)
  })

  it('loses no character but the spaces at the ends of lines, and no line is too long', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (text, width) => {
        const lines = wrap(text, width)
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
      }),
    )
  })
})

describe('an argument in a hint', () => {
  it.each([
    ['mails', 'mails'],
    ['totals@1.2', 'totals@1.2'],
    ['process:transfers', 'process:transfers'],
    ['booking list', '"booking list"'],
    ['', '""'],
    ['$HOME', `'$HOME'`],
    [`it's "so"`, `'it'\\''s "so"'`],
  ])('%s is written as %s', (text, written) => {
    expect(argument(text)).toBe(written)
  })
})
