/** The middle value, or the mean of the two in the middle. */
export const median = (values) => {
  const known = values.filter((value) => value !== undefined).sort((left, right) => left - right)
  if (known.length === 0) return undefined
  const half = known.length >> 1
  return known.length % 2 === 1 ? known[half] : (known[half - 1] + known[half]) / 2
}

/** Median and range of one measure over the rounds. */
export const spread = (rounds, measure) => {
  const values = rounds.map((round) => round[measure]).filter((value) => value !== undefined)
  return values.length === 0
    ? undefined
    : { median: median(values), low: Math.min(...values), high: Math.max(...values) }
}

/**
 * `left` divided by `right` in each round, or turn, because its noise hits both. Those in which one of the two is
 * missing are left out.
 */
export const ratios = (left, right, measure) =>
  left.flatMap((round) => {
    const other = right.find(
      ({ round: number, turn }) => number === round.round && turn === round.turn,
    )
    const [above, below] = [round[measure], other?.[measure]]
    return above === undefined || !below ? [] : [above / below]
  })

/** How `left` compares with `right`: the median of their ratios. */
export const ratio = (left, right, measure) => median(ratios(left, right, measure))

const CONFIDENCE = 0.95

/**
 * Where the median of all turns that could have been measured lies, with 95 % confidence: between two of the values,
 * counted from both ends (a sign test, which asks nothing of their distribution). Undefined for fewer than six.
 */
export const interval = (values) => {
  const sorted = [...values].sort((left, right) => left - right)
  const count = sorted.length
  let [outside, chance, left] = [0, 0.5 ** count, 0]
  for (; left < count / 2; left++) {
    outside += 2 * chance // both ends
    if (outside > 1 - CONFIDENCE) break
    chance *= (count - left) / (left + 1)
  }
  return left === 0 ? undefined : [sorted[left - 1], sorted[count - left]]
}
