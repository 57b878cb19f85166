/**
 * Hints that there may be something new. They may get lost, and may come for nothing: whatever waits
 * for one looks from time to time all the same.
 */
export interface WakeUps {
  /** Something was written. Never waits, never fails; many calls may become one hint. */
  readonly signal: () => void
  /** Calls `wake` at every hint until the answered function is called. */
  readonly listen: (wake: () => void) => () => void
}

/**
 * Hints within one process: for a backend whose events come from this process alone.
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
