/**
 * Hints that there may be something new. A hint may get lost, or come when there is nothing new, so whatever
 * waits for one also polls.
 */
export interface WakeUps {
  /** Call it when something was written. Never waits, never fails; many calls may become one hint. */
  readonly signal: () => void
  /** Calls `wake` at every hint until the returned function is called. */
  readonly listen: (wake: () => void) => () => void
  /**
   * Whether hints of other processes arrive at this moment, so that it is enough to poll now and then. Omitted: it is
   * not known.
   */
  readonly isListening?: () => boolean
}

/**
 * Hints within one process: for a backend whose events are all written by this process. Never fails.
 *
 * @example
 * const wakeUps = localWakeUps()
 * const stop = wakeUps.listen(look)
 * wakeUps.signal() // calls `look`
 */
export const localWakeUps = (): WakeUps => {
  const listeners = new Set<() => void>()
  return {
    signal: () => {
      for (const wake of listeners) wake()
    },
    listen: (wake) => {
      const listener = (): void => wake() // one `wake` may listen twice
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
