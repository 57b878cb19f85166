// The interleaving: round after round; in a round cell after cell; in a cell every contestant once, each
// round beginning with another one. So a noisy minute of the machine hits all of them.
import { contestants as known } from '../contestants/index.mjs'
import { machine, versionOf } from './machine.mjs'
import { measure } from './measure.mjs'
import { startPostgres } from './postgres.mjs'

const takesPart = (cell, { id, kind }) => kind !== 'limit' || cell.limits.includes(id)

const missing = (cell, { offers }) => (offers.includes(cell.offer) ? undefined : 'not offered')

// Growth needs a contestant that SQL can preload; nothing to say about the others.
const worthARow = (cell, contestant) =>
  takesPart(cell, contestant) && (cell.offer !== 'preload' || contestant.offers.includes('preload'))

const plan = (cells, contestants) =>
  cells.map((cell) => ({
    cell,
    results: contestants
      .filter((contestant) => worthARow(cell, contestant))
      .map((contestant) => ({
        id: contestant.id,
        name: contestant.name,
        kind: contestant.kind,
        version: versionOf(contestant.package),
        missing: missing(cell, contestant),
        rounds: [],
        failures: [],
      })),
  }))

const rotated = (list, by) => list.map((_, index) => list[(index + by) % list.length])

/** Runs everything, and answers with all that was measured. A failed measurement is a result too. */
export const runRounds = async ({ cells, contestants, rounds, seconds, profile, afterRound }) => {
  const planned = plan(
    cells,
    known.filter(({ id }) => contestants.includes(id)),
  )
  const postgres = await startPostgres()
  const databases = new Set()
  const run = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(await postgres.describe()),
    rounds,
    seconds,
    cells: planned,
  }
  let stopped = false
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true))
  try {
    for (let round = 1; round <= rounds && !stopped; round++) {
      for (const { cell, results } of planned) {
        const taking = results.filter((result) => result.missing === undefined)
        for (const result of rotated(taking, round - 1)) {
          if (stopped) return run
          process.stdout.write(`round ${round}/${rounds}  ${cell.name}  ${result.id} ... `)
          const name = result.id
          const measured = await outcome(
            measure({ postgres, databases, cell, name, round, seconds, profile }),
          )
          if (measured.error === undefined) result.rounds.push({ round, ...measured.value })
          else result.failures.push(measured.error)
          console.log(brief(measured))
        }
      }
      afterRound(run)
    }
  } finally {
    await postgres.stop()
  }
  return run
}

const outcome = (measuring) =>
  measuring.then(
    (value) => ({ value }),
    (error) => ({ error: error.message }),
  )

const brief = ({ value, error }) => {
  if (error !== undefined) return `FAILED: ${error}`
  return value.rate === undefined ? `p50 ${value.p50.toFixed(2)} ms` : `${Math.round(value.rate)}/s`
}
