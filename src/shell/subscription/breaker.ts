import type { Fault } from '../../core/fault'
import { backoffAfter, type PoisonPolicy, nextAttemptAfter } from '../../core/poison'

/** Notices when everything fails alike: then not the single events are to blame. */
export interface Breaker {
  /**
   * Something of `key` (a stream, a process) has failed. Answers for how long nothing more is to be tried, in
   * milliseconds; `undefined`: the failure is dealt with alone.
   */
  readonly failed: (key: string, fault: Fault) => number | undefined
  /** Something has succeeded. Answers whether this ends a pause. */
  readonly succeeded: () => boolean
  /** Whether nothing has succeeded since the first pause. */
  readonly isOpen: () => boolean
}

/** So many different streams that fail in a row, with no success in between, are no coincidence. */
const ALIKE = 5

/**
 * Pauses with growing pauses while everything fails: for as long as it takes if the infrastructure is to
 * blame, and until the budget of the poison policy is used up otherwise.
 */
export const breaker = (policy: PoisonPolicy): Breaker => {
  const failing = new Set<string>()
  let pauses = 0
  return {
    failed: (key, fault) => {
      if (fault === 'Codec' || fault === 'Crash') return undefined
      if (failing.size < ALIKE) failing.add(key)
      if (failing.size < ALIKE) return undefined
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
