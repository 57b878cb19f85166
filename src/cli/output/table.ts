import type { Output } from '../runtime'
import { widthOf, wrap } from './wrap'

/** A column: its title and width. The last one takes the rest of the line. */
export interface Column {
  readonly title: string
  readonly width: number
}

const GAP = 2
const NARROWEST = 16
/** Of what goes on below its row. */
const INDENT = '  '

const widthsOf = (columns: ReadonlyArray<Column>, line: number): ReadonlyArray<number> => {
  const fixed = columns.slice(0, -1).map(({ width }) => width)
  const taken = fixed.reduce((sum, width) => sum + width + GAP, 0)
  return [...fixed, Math.max(NARROWEST, line - taken)]
}

const padded = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** Not a terminal: rows are never wrapped, so that each is one line for `grep`. */
const unbroken = (
  columns: ReadonlyArray<Column>,
  cells: ReadonlyArray<ReadonlyArray<string>>,
): string =>
  cells
    .map((row) => row.map((cell, index) => padded(cell, columns[index]?.width ?? 0)))
    .map((row) => `${row.join(' '.repeat(GAP)).trimEnd()}\n`)
    .join('')

/** Lines that begin at a place of the line. */
interface Block {
  readonly offset: number
  readonly lines: ReadonlyArray<string>
}

/** Blocks beside each other. */
const beside = (blocks: ReadonlyArray<Block>): ReadonlyArray<string> => {
  const height = Math.max(0, ...blocks.map(({ lines }) => lines.length))
  return Array.from({ length: height }, (_, index) =>
    blocks
      .reduce((line, { offset, lines }) => padded(line, offset) + (lines[index] ?? ''), '')
      .trimEnd(),
  )
}

const longestWord = (text: string): number => Math.max(...text.split(' ').map(widthOf))

/**
 * The lines of a row. Cells are wrapped between words. A word that is longer than its column, an id for instance, is not
 * broken if that can be helped: from its cell on, the row goes on as a text, on the rest of the line or below it.
 */
const linesOf = (
  row: ReadonlyArray<string>,
  widths: ReadonlyArray<number>,
  line: number,
): ReadonlyArray<string> => {
  const blocks: Block[] = []
  let offset = 0
  for (const [index, cell] of row.entries()) {
    const width = widths[index] ?? line
    if (longestWord(cell) <= width) blocks.push({ offset, lines: wrap(cell, width) })
    else {
      const rest = row.slice(index).join(' '.repeat(GAP))
      const isBelow = longestWord(rest) > line - offset
      const lines = wrap(rest, line - (isBelow ? INDENT.length : offset)).map((text) => text.trim())
      return isBelow
        ? [...beside(blocks), ...lines.map((text) => INDENT + text)]
        : beside([...blocks, { offset, lines }])
    }
    offset += width + GAP
  }
  return beside(blocks)
}

/**
 * A table that is printed piece by piece: first its titles, then any number of rows, page after page.
 * Columns keep their places from page to page.
 */
export const table = (
  { columns: line }: Pick<Output, 'columns'>,
  columns: ReadonlyArray<Column>,
) => {
  const rows = (cells: ReadonlyArray<ReadonlyArray<string>>): string => {
    if (line === undefined) return unbroken(columns, cells)
    const widths = widthsOf(columns, line)
    return cells
      .flatMap((row) => linesOf(row, widths, line))
      .map((text) => `${text}\n`)
      .join('')
  }
  return { titles: () => rows([columns.map(({ title }) => title)]), rows }
}
