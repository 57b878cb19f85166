import Table from 'cli-table3'
import { BAR_HEADERS, barRows, HEADERS, tables } from './report.mjs'
import {
  BYTES_HEADERS,
  bytesRows,
  CPU_HEADERS,
  cpuRows,
  SPEED_HEADERS,
  speedRows,
} from './comparison-report.mjs'

const print = (title, head, rows) => {
  const table = new Table({ head, style: { head: [], border: [], compact: true } })
  table.push(...rows)
  console.log(`\n${title}\n${table.toString()}`)
}

/** Prints every cell, then how the run stands against the bars. */
export const printRun = (run) => {
  for (const { title, rows } of tables(run)) print(title, HEADERS, rows)
  print('Bars', BAR_HEADERS, barRows(run))
}

/** Prints how the working tree compares with the other commit: how fast, then what a command costs. */
export const printComparison = ({ against }, compared, atLeast) => {
  print(
    `Working tree beside ${against.ref} (${against.commit}): above 1 the working tree is faster; asked for: ${atLeast}`,
    SPEED_HEADERS,
    speedRows(compared),
  )
  const costs = [
    ['CPU time of a command, in us of this process: below 1 is less', CPU_HEADERS, cpuRows],
    ['Bytes that a command allocates on the heap: below 1 is less', BYTES_HEADERS, bytesRows],
  ]
  for (const [title, headers, rowsOf] of costs) {
    const rows = rowsOf(compared)
    if (rows.length > 0) print(title, headers, rows)
  }
}
