/**
 * Exponential back-off: a wait that doubles with every failure, up to a maximum. All times in milliseconds.
 *
 * @param first - the wait after the first failure. 0 or more.
 * @param longest - the maximum.
 * @param failures - how often it has failed so far. 1 or more.
 */
export const backoff = (first: number, longest: number, failures: number): number =>
  Math.min(longest, first * 2 ** Math.min(failures - 1, 30))
