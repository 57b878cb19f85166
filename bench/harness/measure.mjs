// The measurements of one contestant in one cell and one round: all of it at once, or in turns with the others.
import { joined } from '../workloads/live.mjs'
import { eventsFor } from '../workloads/catch-up.mjs'
import { lostUpdate } from './check.mjs'
import { runTogether, team } from './child.mjs'
import { quantile } from './latencies.mjs'

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)
const mean = (numbers) => (numbers.length === 0 ? undefined : sum(numbers) / numbers.length)

const preloadOf = (contestant, cell) => {
  if (cell.workload === 'catch-up' && contestant.offers.includes('preload')) {
    return eventsFor(contestant, cell)
  }
  return cell.preload ?? 0
}

/** A database of the contestant's own, filled; how many events it was acknowledged, and what follows the work. */
const prepared = async ({ postgres, databases, task, place }) => {
  const { cell, tag, contestant } = task
  const database = `${place}_${cell.kept ? '' : tag}`.replaceAll(/[^a-z0-9]/g, '_')
  const url = postgres.urlOf(database)
  const fresh = !databases.has(database)
  if (fresh) await postgres.create(database)
  databases.add(database)
  const preload = preloadOf(contestant, cell)
  const seeded =
    (cell.workload === 'catch-up' || cell.workload === 'reads') && !fresh
      ? []
      : await runTogether([{ ...task, url, fresh, preload, role: 'prepare' }])
  await postgres.settle()
  return {
    url,
    check: async (results) => {
      if (cell.workload === 'catch-up' || cell.workload === 'reads') return
      const acknowledged = sum([...seeded, ...results].map((result) => result.acknowledged))
      const problem = await postgres.withClient(database, (client) =>
        lostUpdate(client, contestant, tag, acknowledged),
      )
      if (problem !== undefined) throw new Error(`LOST UPDATE: ${problem}`)
    },
    drop: async () => {
      if (cell.kept) return
      await postgres.drop(database)
      databases.delete(database)
    },
  }
}

const WITHOUT = { check: () => undefined, drop: () => undefined }

const needsNone = ({ workload }) => workload === 'memory'

const crew = (task, url, role) =>
  Array.from({ length: task.cell.processes }, (_, index) => ({ ...task, url, index, role }))

/** Whether the contestants of a cell take turns: then every one of them has a database, and waits in between. */
export const takesTurns = ({ workload, kept }) =>
  workload === 'reads' || ((workload === 'commands' || workload === 'memory') && !kept)

// Once is enough: bytes differ little from process to process. Where several processes meet, they depend on how
// often they do.
const countsBytes = ({ allocations, round, cell }) =>
  allocations && round === 1 && cell.processes === 1

/** All of a round's work at once. `databases` remembers the databases that are kept for later rounds. */
export const measure = async ({ postgres, databases, task, place }) => {
  const { url, check, drop } = await prepared({ postgres, databases, task, place })
  const results = await runTogether(crew(task, url, 'work'))
  await check(results)
  await drop()
  return summary(task.cell, results)
}

/** Opens and warms a contestant: `turn(seconds)` measures, `close` checks what was stored. */
export const opened = async ({ postgres, databases, task, place }) => {
  const { url, check, drop } = needsNone(task.cell)
    ? WITHOUT
    : await prepared({ postgres, databases, task, place })
  const { ask, end } = await team(crew(task, url, 'turns'))
  return {
    turn: async (seconds) => summary(task.cell, await ask({ seconds })),
    close: async () => {
      try {
        const results = await ask({})
        const sampled = countsBytes(task) ? await runTogether(crew(task, url, 'sample')) : []
        await check([...results, ...sampled])
        return { bytes: sampled.flatMap(({ bytes }) => bytes) }
      } finally {
        await end()
        await drop()
      }
    },
  }
}

const summary = (cell, results) => {
  if (cell.workload === 'live') {
    const waits = joined(results)
    return { p50: quantile(0.5, waits), p99: quantile(0.99, waits) }
  }
  const lists = results.map(({ quantiles }) => quantiles)
  const rates = results.flatMap(({ rate }) => rate ?? [])
  return {
    rate: rates.length === 0 ? undefined : sum(rates),
    p50: quantile(0.5, ...lists),
    p99: quantile(0.99, ...lists),
    conflicts: sum(results.map(({ conflicts }) => conflicts ?? 0)),
    growth: results[0].growth,
    cpu: mean(results.flatMap(({ cpu }) => cpu ?? [])),
  }
}
