// The comparison of two commits as rows of text.
import { shown } from './report.mjs'

const TURNS = ['ratio', '95 % of the median', 'single turns', 'turns']

export const SPEED_HEADERS = ['cell', 'other', 'working tree', ...TURNS, '']
export const CPU_HEADERS = ['cell', 'other', 'working tree', ...TURNS]
export const BYTES_HEADERS = ['cell', 'other', 'range', 'working tree', 'range', 'ratio']

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const range = (low, high) => `${low.toFixed(2)} to ${high.toFixed(2)}`

const turnCells = ({ ratio, bounds, turns }) => [
  ratio.toFixed(3),
  bounds === undefined ? 'too few turns' : range(...bounds),
  range(Math.min(...turns), Math.max(...turns)),
  `${turns.length}`,
]

export const speedRows = (compared) =>
  compared.map((one) =>
    one.kind === 'measured'
      ? [
          one.cell.name,
          shown(one.cell, one.other),
          shown(one.cell, one.working),
          ...turnCells(one),
          one.text,
        ]
      : [one.cell.name, ...SPEED_HEADERS.slice(2).map(() => ''), one.text],
  )

/** Microseconds of the process that sends the commands, all threads, without the server's. */
export const cpuRows = (compared) =>
  compared
    .filter(({ cpu }) => cpu !== undefined)
    .map(({ cell, cpu }) => [
      cell.name,
      cpu.other.toFixed(1),
      cpu.working.toFixed(1),
      ...turnCells(cpu),
    ])

const wholeRange = ({ low, high }) => `${whole.format(low)} to ${whole.format(high)}`

export const bytesRows = (compared) =>
  compared
    .filter(({ bytes }) => bytes !== undefined)
    .map(({ cell, bytes: { working, other } }) => [
      cell.name,
      whole.format(other.median),
      wholeRange(other),
      whole.format(working.median),
      wholeRange(working),
      (working.median / other.median).toFixed(3),
    ])
