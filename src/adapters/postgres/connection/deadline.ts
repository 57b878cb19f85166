import { clearTimeout, setTimeout } from 'node:timers'

/** What a timer takes at most. Longer ones would end at once. */
const LONGEST_TIMER = 2_147_483_647

/**
 * The same promise, which is given up when it takes too long. The timer keeps no process alive.
 *
 * @param timeout - in milliseconds. `Infinity`: never.
 * @param giveUp - ends what is under way, and says what it was.
 */
export const withDeadline = <Value>(
  work: Promise<Value>,
  timeout: number,
  giveUp: () => Error,
): Promise<Value> => {
  if (timeout > LONGEST_TIMER) return work
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(giveUp())
    }, timeout)
    timer.unref()
    const stop = (): void => clearTimeout(timer)
    work.then(resolve, reject)
    work.then(stop, stop)
  })
}
