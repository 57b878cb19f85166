/**
 * A wait that doubles with every failure, up to a bound. All times in milliseconds.
 *
 * @param first - the wait after the first failure. 0 or more.
 * @param longest - no wait is longer.
 * @param failures - how often it has failed. 1 or more.
 */
export const backoff = (first: number, longest: number, failures: number): number =>
  Math.min(longest, first * 2 ** Math.min(failures - 1, 30))
