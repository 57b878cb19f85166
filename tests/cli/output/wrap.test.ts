import * as fc from 'fast-check'
import { argument } from '../../../src/core/text'
import { table } from '../../../src/cli/output/table'
import { folded, widthOf, wrap } from '../../../src/cli/output/wrap'

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

  it('is measured in the columns that a terminal gives it', () => {
    expect(['abc', '漢字', 'ü', 'u\u0308', '\u001b[31mred\u001b[39m', '🎉'].map(widthOf)).toEqual([
      3, 4, 1, 1, 3, 2,
    ])
    expect(wrap('漢字漢字漢字', 5)).toEqual(['漢字', '漢字', '漢字'])
  })
})

describe('a line that is longer than the terminal is wide', () => {
  it('goes on below, indented by two columns more', () => {
    expect(folded('    one two three four five six\n', 24)).toBe(
      '    one two three four\n      five six\n',
    )
  })

  it('stays as it is when it is a command to be copied, and in a file', () => {
    const hint = '  -> npx reprise retry "a subscription with a long name"'
    expect(folded(hint, 20)).toBe(hint)
    expect(folded('x '.repeat(99), undefined)).toBe('x '.repeat(99))
  })
})

describe('a row of a table', () => {
  const columns = [
    { title: 'A', width: 4 },
    { title: 'B', width: 6 },
    { title: 'C', width: 0 },
  ]
  const row = (width: number, ...cells: ReadonlyArray<string>): string =>
    table({ columns: width }, columns).rows([cells])

  it.each([
    [40, ['1', 'two', 'a b c'], '1     two     a b c\n'],
    [40, ['1', 'a word', 'c'], '1     a word  c\n'],
    [40, ['1', 'an-id-that-is-long', 'c'], '1     an-id-that-is-long  c\n'],
    [30, ['1', 'an-id-that-is-very-very-long', 'c'], '1\n  an-id-that-is-very-very-long\n  c\n'],
    [30, ['1', 'two', 'a-last-cell-that-is-long'], '1     two\n  a-last-cell-that-is-long\n'],
    [40, ['1', '漢字', 'c'], '1     漢字    c\n'],
  ])('in %i columns breaks no word of %j', (width, cells, lines) => {
    expect(row(width, ...cells)).toBe(lines)
  })

  it('loses no character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 40 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 20, max: 90 }),
        (cells, width) => {
          const sorted = (text: string) => Array.from(text.replaceAll(/[ \n]/g, '')).sort()
          expect(sorted(row(width, ...cells))).toEqual(sorted(cells.join('')))
        },
      ),
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
