// The run as rows of text: one shape for the terminal and for the document.
import { judge } from './bars.mjs'
import { ratio, spread } from './statistics.mjs'

const MOST_CHARACTERS = 100

export const HEADERS = ['contestant', 'median', 'range', 'p50 ms', 'p99 ms', 'to Reprise', 'note']

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const precise = (value) =>
  value === undefined ? '' : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3)

const headline = ({ unit }) => (unit === 'latency' ? 'p50' : 'rate')
export const shown = (cell, value) =>
  cell.unit === 'latency' ? `${precise(value)} ms` : `${whole.format(value)}/s`

/** The line of a message that says what went wrong. */
export const brief = (message) => {
  const [reason] = message.split('\n').filter((line) => /error|LOST/i.test(line))
  return (reason ?? message).trim().slice(0, MOST_CHARACTERS)
}

const note = ({ missing, failures, rounds }) => {
  if (missing !== undefined) return missing
  const conflicts = spread(rounds, 'conflicts')?.median ?? 0
  const growth = spread(rounds, 'growth')?.median
  return [
    failures.length > 0 ? `${failures.length} rounds failed: ${brief(failures[0])}` : '',
    conflicts > 0 ? `${whole.format(conflicts)} conflicts retried` : '',
    growth === undefined ? '' : `memory grew by ${whole.format(growth)} MiB`,
  ]
    .filter((text) => text !== '')
    .join('; ')
}

const row = (cell, result, ours) => {
  const measure = headline(cell)
  const main = spread(result.rounds, measure)
  if (main === undefined) return [result.name, '', '', '', '', '', note(result)]
  const p50 = cell.unit === 'latency' ? undefined : spread(result.rounds, 'p50')
  const compared = ours && result !== ours ? ratio(result.rounds, ours.rounds, measure) : undefined
  return [
    result.name,
    shown(cell, main.median),
    `${shown(cell, main.low)} to ${shown(cell, main.high)}`,
    precise(p50?.median),
    precise(spread(result.rounds, 'p99')?.median),
    compared === undefined ? '' : `${precise(compared)} x`,
    note(result),
  ]
}

/** `[{ title, rows }]`, a table per cell. */
export const tables = (run) =>
  run.cells.map(({ cell, results }) => {
    const ours = results.find(({ kind, rounds }) => kind === 'ours' && rounds.length > 0)
    return { title: cell.title, rows: results.map((result) => row(cell, result, ours)) }
  })

export const BAR_HEADERS = ['cell', 'bar', 'measured', '']

export const barRows = (run) =>
  judge(run).map(({ cell, bar, value, met }) => [
    cell,
    bar,
    precise(value),
    met === undefined ? 'not measured' : met ? 'met' : 'MISSED',
  ])
