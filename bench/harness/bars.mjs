// Holds a run against what it aims at, its bars. A bar names the measure of Reprise (`of`), what it is divided by
// (`against`), and the bound. `beyond`: what the first of these two loses against the second is forgiven.
import { ratio, spread } from './statistics.mjs'

const OURS = 'reprise'

const bestPeer = (results, measure) => {
  const peers = results.filter(({ kind, rounds }) => kind === 'peer' && rounds.length > 0)
  const worth = ({ rounds }) => spread(rounds, measure)?.median ?? 0
  return peers.sort((left, right) => worth(right) - worth(left))[0]
}

const valueOf = (results, bar) => {
  const find = (id) => results.find((result) => result.id === id)
  const against = bar.against === 'best peer' ? bestPeer(results, bar.of) : find(bar.against)
  const ours = find(OURS)?.rounds ?? []
  if (ours.length === 0) return undefined
  if (bar.against === undefined) return { value: spread(ours, bar.of)?.median }
  if (!against?.rounds.length) return undefined
  const value = ratio(ours, against.rounds, bar.of)
  if (bar.beyond === undefined) return { value, other: against.name }
  const [above, below] = bar.beyond.map((id) => find(id)?.rounds ?? [])
  const forgiven = ratio(above, below, bar.of)
  return forgiven === undefined ? undefined : { value: value / forgiven, other: against.name }
}

const describe = ({ of, against, beyond, atLeast, atMost }, other) => {
  const name = against === 'best peer' && other !== undefined ? `best peer (${other})` : against
  const reference = against === undefined ? '' : ` / ${name}`
  const pardon = beyond === undefined ? '' : ', over what the bare INSERT loses'
  return `${of}${reference}${pardon}, ${atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`}`
}

/** One line per bar: `{ cell, bar, value, met }`; `met` is undefined where it was not measured. */
export const judge = (run) =>
  run.cells.flatMap(({ cell, results }) =>
    cell.bars.map((bar) => {
      const { value, other } = valueOf(results, bar) ?? {}
      const met =
        value === undefined
          ? undefined
          : value >= (bar.atLeast ?? -Infinity) && value <= (bar.atMost ?? Infinity)
      return { cell: cell.name, title: cell.title, bar: describe(bar, other), value, met }
    }),
  )
