import Table from 'cli-table3'
import { BAR_HEADERS, barRows, HEADERS, tables } from './report.mjs'

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
