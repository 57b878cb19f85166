// One subscriber that starts at the beginning and handles every stored event.
import { performance } from 'node:perf_hooks'
import { seed } from './commands.mjs'

const SETTLED = 0.2
const SAMPLE_EVERY = 5000
const MIB = 1024 * 1024

/** How many events a contestant gets: those that can only be filled by commands get fewer. */
export const eventsFor = (contestant, cell) =>
  contestant.offers.includes('preload') ? cell.events : cell.peerEvents

export const prepare = async ({ contestant, cell, url, tag, begin }) => {
  await begin()
  if (contestant.offers.includes('preload')) return { acknowledged: 0 } // SQL has written them
  const session = await contestant.open({ url })
  const streams = Math.ceil(cell.peerEvents / cell.eventsPerStream)
  const acknowledged = await seed(session, { ...cell, streams }, tag)
  await session.close()
  return { acknowledged }
}

export const work = async ({ contestant, cell, url, begin }) => {
  const session = await contestant.open({ url })
  const total = eventsFor(contestant, cell)
  let [handled, amount, settled, peak] = [0, 0, 0, 0]
  const handle = (data) => {
    handled++
    amount += data.amount
    if (handled % SAMPLE_EVERY !== 0) return
    const used = process.memoryUsage.rss()
    if (handled <= total * SETTLED) settled = Math.max(settled, used)
    else peak = Math.max(peak, used)
  }

  await begin()
  const started = performance.now()
  await session.catchUp(total, handle)
  const elapsed = performance.now() - started
  await session.close()
  if (handled !== total || amount !== total * 25) {
    throw new Error(`${handled} of ${total} events were handled, amounting to ${amount}`)
  }
  return {
    acknowledged: 0,
    rate: (total / elapsed) * 1000,
    growth: Math.max(0, (peak - settled) / MIB),
    quantiles: [],
  }
}
