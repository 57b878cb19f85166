import CliTable from 'cli-table3'
import type { Output } from '../runtime'
import { wrap } from './wrap'

/** A column: its title and width. The last one takes the rest of the line. */
export interface Column {
  readonly title: string
  readonly width: number
}

const GAP = 2
const NARROWEST = 16

const noLines = Object.fromEntries(
  [
    ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
    ['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ]
    .flat()
    .map((place) => [place, '']),
)

const widthsOf = (columns: ReadonlyArray<Column>, line: number): ReadonlyArray<number> => {
  const fixed = columns.slice(0, -1).map(({ width }) => width)
  const taken = fixed.reduce((sum, width) => sum + width + GAP, 0)
  return [...fixed, Math.max(NARROWEST, line - taken)]
}

/** Not a terminal: rows are never wrapped, so that each is one line for `grep`. */
const unbroken = (
  columns: ReadonlyArray<Column>,
  cells: ReadonlyArray<ReadonlyArray<string>>,
): string =>
  cells
    .map((row) => row.map((cell, index) => cell.padEnd(columns[index]?.width ?? 0)))
    .map((row) => `${row.join(' '.repeat(GAP)).trimEnd()}\n`)
    .join('')

/** Colour codes have no width: a cell with colours is short. */
const wrapped = (cell: string, width: number): string =>
  cell.includes('\u001b') ? cell : wrap(cell, width).join('\n')

/**
 * A table that is printed piece by piece: first its titles, then any number of rows, page after page.
 * Without lines and colours; columns keep their places from page to page.
 */
export const table = (
  { columns: line }: Pick<Output, 'columns'>,
  columns: ReadonlyArray<Column>,
) => {
  const rows = (cells: ReadonlyArray<ReadonlyArray<string>>): string => {
    if (cells.length === 0) return ''
    if (line === undefined) return unbroken(columns, cells)
    const widths = widthsOf(columns, line)
    const page = new CliTable({
      chars: { ...noLines, middle: ' '.repeat(GAP) },
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
      colWidths: [...widths],
      wordWrap: true,
      wrapOnWordBoundary: false, // what is left to wrap is wider than its number of characters
    })
    page.push(...cells.map((row) => row.map((cell, index) => wrapped(cell, widths[index] ?? line))))
    return `${page.toString().replace(/ +$/gm, '')}\n`
  }
  return { titles: () => rows([columns.map(({ title }) => title)]), rows }
}
