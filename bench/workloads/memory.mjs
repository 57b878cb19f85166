// One caller, no database. The streams must stay short, so the work is done in batches: a new store, its
// streams filled (not timed), then a few commands to each of them (timed).
import { performance } from 'node:perf_hooks'
import { allocated } from '../harness/allocations.mjs'
import { seed, streamName, WARM_SHARE } from './commands.mjs'

const TAG = 'm'

const filled = async (contestant, cell) => {
  const session = await contestant.memory()
  await seed(session, cell, TAG)
  const names = Array.from({ length: cell.streams }, (_, index) => streamName(TAG, index))
  const sendAll = async () => {
    for (let lap = 0; lap < cell.laps; lap++) {
      for (const name of names) await session.command(name, 1)
    }
    return names.length * cell.laps
  }
  return { session, names, sendAll }
}

const batch = async (contestant, cell) => {
  const { session, names, sendAll } = await filled(contestant, cell)
  const [started, startedCpu] = [performance.now(), process.cpuUsage()]
  const commands = await sendAll()
  const elapsed = performance.now() - started
  const { user, system } = process.cpuUsage(startedCpu)
  const expected = cell.streams * (cell.eventsPerStream + cell.laps)
  const stored = await session.stored(names)
  if (stored !== expected) throw new Error(`${stored} events stored instead of ${expected}`)
  return { commands, elapsed, cpu: user + system }
}

const warm = async (contestant, cell, seconds) => {
  const warmedUp = performance.now() + seconds * WARM_SHARE * 1000
  do await batch(contestant, cell)
  while (performance.now() < warmedUp)
}

export const sample = async ({ contestant, cell, seconds, begin }) => {
  await warm(contestant, cell, seconds)
  await begin()
  const { sendAll } = await filled(contestant, cell)
  return { acknowledged: 0, bytes: await allocated(sendAll) }
}

export const open = async ({ contestant, cell, seconds }) => {
  await warm(contestant, cell, seconds)
  const turn = async (seconds) => {
    let [commands, elapsed, cpu] = [0, 0, 0]
    for (const until = performance.now() + seconds * 1000; performance.now() < until;) {
      const done = await batch(contestant, cell)
      commands += done.commands
      elapsed += done.elapsed
      cpu += done.cpu
    }
    return { rate: (commands / elapsed) * 1000, cpu: cpu / commands, quantiles: [] }
  }
  return { turn, close: async () => ({ acknowledged: 0 }) }
}
