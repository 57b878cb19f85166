// The comparison of two commits as rows of text.
import { shown } from './report.mjs'

export const COMPARISON_HEADERS = [
  'cell',
  'other',
  'working tree',
  'ratio',
  '95 % of the median',
  'single turns',
  'turns',
  '',
]

const two = (value) => value.toFixed(2)
const range = (low, high) => `${two(low)} to ${two(high)}`

export const comparisonRows = (compared) =>
  compared.map((one) => {
    const { cell, text, turns } = one
    if (one.kind !== 'measured') return [cell.name, '', '', '', '', '', '', text]
    return [
      cell.name,
      shown(cell, one.other),
      shown(cell, one.working),
      one.ratio.toFixed(3),
      one.bounds === undefined ? 'too few turns' : range(...one.bounds),
      range(Math.min(...turns), Math.max(...turns)),
      `${turns.length}`,
      text,
    ]
  })

export const BYTES_HEADERS = ['cell', 'other', 'range', 'working tree', 'range', 'ratio']

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
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
