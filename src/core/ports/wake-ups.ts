/**
 * Hints that there may be something new. They may get lost, and may come for nothing: whoever waits
 * for one looks from time to time all the same.
 */
export interface WakeUps {
  /** Something was written. Never waits, never fails; many calls may become one hint. */
  readonly signal: () => void
  /** Calls `wake` at every hint until the answered function is called. */
  readonly listen: (wake: () => void) => () => void
}
