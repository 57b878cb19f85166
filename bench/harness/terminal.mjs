import Table from 'cli-table3'
import { BAR_HEADERS, barRows, HEADERS, tables } from './report.mjs'
import {
  BYTES_HEADERS,
  bytesRows,
  COMPARISON_HEADERS,
  comparisonRows,
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

/** Prints how the working tree compares with the other commit: speed, then bytes. */
export const printComparison = ({ against }, compared, atLeast) => {
  const title = `Working tree beside ${against.ref} (${against.commit})`
  print(
    `${title}: above 1 the working tree is faster; at least ${atLeast} is asked for`,
    COMPARISON_HEADERS,
    comparisonRows(compared),
  )
  const bytes = bytesRows(compared)
  if (bytes.length > 0) print('Bytes allocated on the heap per command', BYTES_HEADERS, bytes)
}
