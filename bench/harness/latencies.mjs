// Latencies as 1,001 quantiles: small enough to send to the parent, exact enough for a p99.

const STEPS = 1000

/** A recorder of milliseconds. */
export const latencies = () => {
  const samples = []
  return { add: (milliseconds) => samples.push(milliseconds), quantiles: () => quantiles(samples) }
}

const quantiles = (samples) => {
  if (samples.length === 0) return []
  const sorted = Float64Array.from(samples).sort()
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const value = sorted[Math.round((step / STEPS) * (sorted.length - 1))]
    return Math.round(value * 10_000) / 10_000
  })
}

/** One value out of the quantiles of several processes that did the same work. */
export const quantile = (fraction, ...lists) => {
  const all = lists.flat().sort((left, right) => left - right)
  return all.length === 0 ? undefined : all[Math.round(fraction * (all.length - 1))]
}
