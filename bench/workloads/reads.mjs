// One caller that reads, or only looks: the same thing again and again, on a store that SQL has filled.
import { performance } from 'node:perf_hooks'
import { latencies } from '../harness/latencies.mjs'

const WARM_SECONDS = 3

export const prepare = async ({ begin }) => {
  await begin()
  return { acknowledged: 0 }
}

export const open = async ({ contestant, cell, url }) => {
  const session = await contestant.open({ url, cell })
  const repeat = async (seconds, recorded) => {
    const begin = performance.now()
    let done = 0
    for (let sent = begin; sent < begin + seconds * 1000; done++) {
      await session.command()
      const answered = performance.now()
      recorded?.add(answered - sent)
      sent = answered
    }
    return (done / (performance.now() - begin)) * 1000
  }
  await repeat(WARM_SECONDS)
  return {
    turn: async (seconds) => {
      const recorded = latencies()
      const rate = await repeat(seconds, recorded)
      return { rate, quantiles: recorded.quantiles() }
    },
    close: async () => {
      await session.close()
      return { acknowledged: 0 }
    },
  }
}
