import type { Fault } from '../../core/fault'
import { backoffAfter, type PoisonPolicy, nextAttemptAfter } from '../../core/poison'

/** Detects that everything fails: then the cause is not a single event. */
export interface Breaker {
  /**
   * Something of `key` (a stream, a process) has failed. Answers for how long to pause, in milliseconds;
   * `undefined`: no pause, the failure is an individual one.
   */
  readonly failed: (key: string, fault: Fault) => number | undefined
  /** Something has succeeded. Answers whether this ends a pause. */
  readonly succeeded: () => boolean
  /** Whether nothing has succeeded since the first pause. */
  readonly isOpen: () => boolean
}

/** How many different keys must fail in a row, with no success in between, to open the breaker. */
const THRESHOLD = 5

/**
 * Pauses, longer each time, while everything fails: for as long as it takes if the infrastructure is the
 * cause, and until the attempts of the poison policy are used up otherwise.
 */
export const breaker = (policy: PoisonPolicy): Breaker => {
  const failing = new Set<string>()
  let pauses = 0
  return {
    failed: (key, fault) => {
      if (fault === 'Codec' || fault === 'Crash') return undefined
      if (failing.size < THRESHOLD) failing.add(key)
      if (failing.size < THRESHOLD) return undefined
      if (nextAttemptAfter(fault, policy, pauses + 1)._tag === 'Poison') return undefined
      pauses++
      return backoffAfter(policy, pauses)
    },
    succeeded: () => {
      const wasOpen = pauses > 0
      failing.clear()
      pauses = 0
      return wasOpen
    },
    isOpen: () => pauses > 0,
  }
}
