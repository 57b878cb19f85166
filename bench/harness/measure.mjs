// One measurement: one contestant, one cell, one round.
import { contestants } from '../contestants/index.mjs'
import { joined } from '../workloads/live.mjs'
import { eventsFor } from '../workloads/catch-up.mjs'
import { lostUpdate } from './check.mjs'
import { runTogether } from './child.mjs'
import { quantile } from './latencies.mjs'

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)

const preloadOf = (contestant, cell) => {
  if (cell.workload === 'catch-up' && contestant.offers.includes('preload')) {
    return eventsFor(contestant, cell)
  }
  return cell.preload ?? 0
}

/** Measures on `postgres`; `databases` remembers the databases that are kept for later rounds. */
export const measure = async ({ postgres, databases, cell, name, round, seconds, profile }) => {
  const contestant = contestants.find(({ id }) => id === name)
  const tag = `r${round}`
  const task = { contestant: name, cell, tag, round, seconds, profile }
  if (cell.workload === 'memory') {
    const [result] = await runTogether([{ ...task, role: 'work' }])
    return { rate: result.rate }
  }

  const database = `${cell.name}_${name}${cell.kept ? '' : `_${round}`}`.replaceAll('-', '_')
  const url = postgres.urlOf(database)
  const fresh = !databases.has(database)
  if (fresh) await postgres.create(database)
  databases.add(database)
  const preload = preloadOf(contestant, cell)
  const seeded =
    cell.workload === 'catch-up' && !fresh
      ? []
      : await runTogether([{ ...task, url, fresh, preload, role: 'prepare' }])
  await postgres.settle()

  const results = await runTogether(
    Array.from({ length: cell.processes }, (_, index) => ({ ...task, url, index, role: 'work' })),
  )
  if (cell.workload !== 'catch-up') {
    const acknowledged = sum([...seeded, ...results].map((result) => result.acknowledged))
    const problem = await postgres.withClient(database, (client) =>
      lostUpdate(client, contestant, tag, acknowledged),
    )
    if (problem !== undefined) throw new Error(`LOST UPDATE: ${problem}`)
  }
  if (!cell.kept) {
    await postgres.drop(database)
    databases.delete(database)
  }
  return summary(cell, results)
}

const summary = (cell, results) => {
  if (cell.workload === 'live') {
    const waits = joined(results)
    return { p50: quantile(0.5, waits), p99: quantile(0.99, waits) }
  }
  const lists = results.map(({ quantiles }) => quantiles)
  return {
    rate: sum(results.map(({ rate }) => rate)),
    p50: quantile(0.5, ...lists),
    p99: quantile(0.99, ...lists),
    conflicts: sum(results.map(({ conflicts }) => conflicts ?? 0)),
    growth: results[0].growth,
  }
}
