// Holds a run against what it aims at, its bars. A bar names the measure of Reprise (`of`), what it is divided by
// (`against`, in the same cell or in `cell`), and the bound. `beyond`: what that contestant loses is forgiven.
import { ratio, spread } from './statistics.mjs'

const OURS = 'reprise'

const bestPeer = (results, measure) => {
  const peers = results.filter(({ kind, rounds }) => kind === 'peer' && rounds.length > 0)
  const worth = ({ rounds }) => spread(rounds, measure)?.median ?? 0
  return peers.sort((left, right) => worth(right) - worth(left))[0]
}

const find = (run, cellName, who, measure) => {
  const results = run.cells.find(({ cell }) => cell.name === cellName)?.results ?? []
  return who === 'best peer' ? bestPeer(results, measure) : results.find(({ id }) => id === who)
}

const valueOf = (run, cell, bar) => {
  const ours = find(run, cell.name, OURS, bar.of)
  if (!ours?.rounds.length) return undefined
  if (bar.against === undefined) return { value: spread(ours.rounds, bar.of)?.median }
  const otherCell = bar.cell ?? cell.name
  const other = find(run, otherCell, bar.against, bar.of)
  if (!other?.rounds.length) return undefined
  const value = ratio(ours.rounds, other.rounds, bar.of)
  if (bar.beyond === undefined) return { value, other: other.name }
  const forgiven = ratio(
    find(run, cell.name, bar.beyond, bar.of)?.rounds ?? [],
    find(run, otherCell, bar.beyond, bar.of)?.rounds ?? [],
    bar.of,
  )
  return forgiven === undefined ? undefined : { value: value / forgiven, other: other.name }
}

const describe = ({ of, against, cell, beyond, atLeast, atMost }, other) => {
  const name = against === 'best peer' && other !== undefined ? `best peer (${other})` : against
  const reference = against === undefined ? '' : ` / ${name}${cell ? ` in ${cell}` : ''}`
  const pardon = beyond === undefined ? '' : ', over what the bare INSERT loses'
  return `${of}${reference}${pardon}, ${atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`}`
}

/** One line per bar: `{ cell, bar, value, met }`; `met` is undefined where it was not measured. */
export const judge = (run) =>
  run.cells.flatMap(({ cell }) =>
    cell.bars.map((bar) => {
      const { value, other } = valueOf(run, cell, bar) ?? {}
      const met =
        value === undefined
          ? undefined
          : value >= (bar.atLeast ?? -Infinity) && value <= (bar.atMost ?? Infinity)
      return { cell: cell.name, title: cell.title, bar: describe(bar, other), value, met }
    }),
  )
