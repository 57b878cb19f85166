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
 * How `left` compares with `right`: the median of the ratios of each round, or turn, because its noise hits
 * both. Those in which one of the two is missing are left out.
 */
export const ratio = (left, right, measure) =>
  median(
    left.flatMap((round) => {
      const other = right.find(
        ({ round: number, turn }) => number === round.round && turn === round.turn,
      )
      const [above, below] = [round[measure], other?.[measure]]
      return above === undefined || !below ? [] : [above / below]
    }),
  )
