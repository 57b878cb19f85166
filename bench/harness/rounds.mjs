// The interleaving: round after round; in a round cell after cell; in a cell the contestants take short turns, or
// (where one measurement cannot be cut) each comes once, every time beginning with another one. So a noisy moment
// of the machine hits all of them.
import { cellNamed } from '../cells/index.mjs'
import { machine, versionOf } from './machine.mjs'
import { measure, opened, takesTurns } from './measure.mjs'
import { startPostgres } from './postgres.mjs'
import { spread } from './statistics.mjs'

const takesPart = (cell, { id, kind }) => kind !== 'limit' || cell.limits.includes(id)

const missing = (cell, { offers }) => (offers.includes(cell.offer) ? undefined : 'not offered')

// Growth needs a contestant that SQL can preload; nothing to say about the others.
const worthARow = (cell, contestant) =>
  takesPart(cell, contestant) && (cell.offer !== 'preload' || contestant.offers.includes('preload'))

const entry = (cell, contestant, beside) => ({
  id: beside === undefined ? contestant.id : `${contestant.id} in ${beside.name}`,
  name: beside === undefined ? contestant.name : `${contestant.name}, in ${beside.name}`,
  kind: contestant.kind,
  version: versionOf(contestant.package),
  missing: missing(cell, contestant),
  rounds: [],
  bytes: [],
  failures: [],
  contestant: contestant.id,
  does: beside?.name ?? cell.name,
})

/** Who is measured in a cell: its contestants, and those of another cell that it is compared with. */
const entries = (cell, contestants) => [
  ...contestants
    .filter((contestant) => worthARow(cell, contestant))
    .map((contestant) => entry(cell, contestant)),
  ...(cell.beside === undefined
    ? []
    : contestants
        .filter(({ id }) => cell.beside.contestants.includes(id))
        .map((contestant) => entry(cell, contestant, cellNamed(cell.beside.cell)))),
]

const rotated = (list, by) => list.map((_, index) => list[(index + by) % list.length])

/** One measurement after another, each of the whole time. */
const measureEach = async ({ entrants, round, task, stopped, ...where }) => {
  for (const entrant of rotated(entrants, round - 1)) {
    if (stopped()) return
    const measuring = measure({ ...where, task: task(entrant), place: placeOf(entrant) })
    record(entrant, { round }, await outcome(measuring))
  }
}

/** All of them open and warm, then in turns, each turn beginning with another one. */
const measureInTurns = async ({ entrants, round, seconds, turns, task, stopped, ...where }) => {
  const open = []
  for (const entrant of rotated(entrants, round - 1)) {
    if (stopped()) break
    const opening = opened({ ...where, task: task(entrant), place: placeOf(entrant) })
    const { value, error } = await outcome(opening)
    if (error === undefined) open.push({ entrant, value, failed: undefined, measured: [] })
    else record(entrant, { round }, { error })
  }
  for (let turn = 1; turn <= turns && !stopped(); turn++) {
    for (const one of rotated(open, turn - 1)) {
      if (one.failed !== undefined) continue
      const { value, error } = await outcome(one.value.turn(seconds / turns))
      if (error === undefined) one.measured.push({ turn, value })
      else one.failed = error
    }
  }
  for (const { entrant, value, failed, measured } of open) {
    const closed = await outcome(value.close())
    const error = failed ?? closed.error
    if (error !== undefined) record(entrant, { round }, { error })
    else {
      for (const { turn, value: one } of measured) record(entrant, { round, turn }, { value: one })
      entrant.bytes.push(...closed.value.bytes)
    }
    console.log(`  ${entrant.id}: ${error === undefined ? brief(entrant) : `FAILED: ${error}`}`)
  }
}

const placeOf = ({ contestant, does }) => `${cellNamed(does).place ?? does}_${contestant}`

/** Runs everything, and answers with all that was measured. A failed measurement is a result too. */
export const runRounds = async ({
  cells,
  contestants,
  rounds,
  seconds,
  turns,
  profile,
  allocations,
  afterRound,
}) => {
  const byId = new Map(contestants.map((contestant) => [contestant.id, contestant]))
  const planned = cells.map((cell) => ({ cell, results: entries(cell, contestants) }))
  const postgres = await startPostgres()
  const databases = new Set()
  const run = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(await postgres.describe()),
    rounds,
    seconds,
    turns,
    cells: planned,
  }
  let interrupted = false
  const stopped = () => interrupted
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (interrupted = true))
  try {
    for (let round = 1; round <= rounds && !interrupted; round++) {
      for (const { cell, results } of planned) {
        if (interrupted) return run
        console.log(`round ${round}/${rounds}  ${cell.name}`)
        const task = ({ contestant, does }) => ({
          contestant: byId.get(contestant),
          cell: does === cell.name ? cell : cellNamed(does),
          tag: `r${round}`,
          round,
          seconds,
          profile,
          allocations,
        })
        const entrants = results.filter((result) => result.missing === undefined)
        const way = takesTurns(cell) ? measureInTurns : measureEach
        await way({ entrants, round, seconds, turns, task, stopped, postgres, databases })
        afterRound(run)
      }
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

const record = (entrant, when, { value, error }) => {
  if (error === undefined) entrant.rounds.push({ ...when, ...value })
  else entrant.failures.push(error)
  if (when.turn === undefined) {
    console.log(`  ${entrant.id}: ${error === undefined ? brief(entrant) : `FAILED: ${error}`}`)
  }
}

/** The newest measurements of somebody. */
const brief = ({ rounds }) => {
  const newest = rounds.filter(({ round }) => round === rounds.at(-1)?.round)
  const rate = spread(newest, 'rate')
  return rate === undefined
    ? `p50 ${(spread(newest, 'p50')?.median ?? NaN).toFixed(2)} ms`
    : `${Math.round(rate.median)}/s`
}
