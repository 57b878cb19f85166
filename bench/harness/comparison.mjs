// A run of the working tree against another commit, as one verdict per cell.
import { brief } from './report.mjs'
import { interval, median, ratios, spread } from './statistics.mjs'

const FASTER = {
  // Above 1 the working tree is the faster one, in every cell.
  rate: (working, other) => ratios(working, other, 'rate'),
  latency: (working, other) => ratios(other, working, 'p50'),
}

const measureOf = ({ unit }) => (unit === 'latency' ? 'p50' : 'rate')

const sides = (results) => ['working', 'other'].map((id) => results.find((one) => one.id === id))

const problemOf = (results) => {
  const absent = results.find(({ missing }) => missing !== undefined)
  if (absent !== undefined) return { kind: 'absent', text: `${absent.missing}: ${absent.name}` }
  const failed = results.find(({ failures }) => failures.length > 0)
  if (failed !== undefined)
    return { kind: 'failed', text: `FAILED, ${failed.name}: ${brief(failed.failures[0])}` }
  return undefined
}

/** "within the noise": the interval reaches over the bound, so the next run may say the opposite. */
const verdictOf = (ratio, bounds, atLeast) => {
  const [low, high] = bounds ?? [-Infinity, Infinity]
  if (ratio >= atLeast) return low >= atLeast ? 'ok' : 'ok, within the noise'
  return high < atLeast ? 'BELOW' : 'BELOW, within the noise'
}

/**
 * One entry per cell. `kind`: `measured`, `failed` (a side did), or `absent` (a side does not offer it, or the run
 * was ended before it).
 */
export const compare = (run, atLeast) =>
  run.cells.map(({ cell, results }) => {
    const [working, other] = sides(results)
    const problem = problemOf(results)
    if (problem !== undefined) return { cell, ...problem, passed: problem.kind === 'absent' }
    const turns = FASTER[cell.unit](working.rounds, other.rounds)
    if (turns.length === 0) return { cell, kind: 'failed', text: 'not measured', passed: false }
    const ratio = median(turns)
    const bounds = interval(turns)
    return {
      cell,
      kind: 'measured',
      text: verdictOf(ratio, bounds, atLeast),
      passed: ratio >= atLeast,
      working: spread(working.rounds, measureOf(cell)).median,
      other: spread(other.rounds, measureOf(cell)).median,
      ratio,
      bounds,
      turns,
      cpu: cpuOf(working, other),
      bytes: bytesOf(working, other),
    }
  })

const cpuOf = (working, other) => {
  const turns = ratios(working.rounds, other.rounds, 'cpu')
  if (turns.length === 0) return undefined
  return {
    working: spread(working.rounds, 'cpu').median,
    other: spread(other.rounds, 'cpu').median,
    ratio: median(turns),
    bounds: interval(turns),
    turns,
  }
}

const bytesOf = (working, other) =>
  working.bytes.length === 0 || other.bytes.length === 0
    ? undefined
    : { working: rangeOf(working.bytes), other: rangeOf(other.bytes) }

const rangeOf = (values) => ({
  median: median(values),
  low: Math.min(...values),
  high: Math.max(...values),
})
