import type { Fault } from './fault'
import { backoff } from './time/back-off'

/**
 * What happens to an event that its handler cannot handle.
 *
 * - {@link parkAfter}, {@link parkAfterTime}: the event is retried with exponential back-off. After the last
 *   attempt it is parked until an operator decides `retry` or `skip`. Later events of THE SAME STREAM are held
 *   back meanwhile; all other streams continue.
 * - {@link stopAfter}, {@link stopAfterTime}: the event is retried while the whole partition waits. After the
 *   last attempt the subscription stops with a typed failure until an operator resumes it. For handlers that
 *   depend on the order across streams.
 *
 * An event is poison when BOTH budgets are used up: `attempts` and `retryFor`. Failures of the infrastructure
 * do not count at all.
 */
export interface PoisonPolicy {
  readonly _tag: 'Park' | 'Stop'
  /** How often the event is tried, at least, the first time included. 1 or more. */
  readonly attempts: number
  /**
   * How long the event is retried, at least: the sum of the waits, in milliseconds. Default 0.
   */
  readonly retryFor?: number
  /** The wait after the first attempt, in milliseconds. It doubles with every further attempt. */
  readonly firstPause: number
  /** The longest wait between two attempts, in milliseconds. */
  readonly longestPause: number
}

const pauses = { firstPause: 100, longestPause: 30_000 }

/** Parks the event after `attempts` attempts. Only its own stream is held back. */
export const parkAfter = (attempts: number): PoisonPolicy => ({ _tag: 'Park', attempts, ...pauses })

/** Stops the subscription after `attempts` attempts. */
export const stopAfter = (attempts: number): PoisonPolicy => ({ _tag: 'Stop', attempts, ...pauses })

/** It is tried again for so many milliseconds, then parked, and holds back its own stream only. */
export const parkAfterTime = (retryFor: number): PoisonPolicy => ({ ...parkAfter(1), retryFor })

/** It is tried again for so many milliseconds, then the subscription stops. */
export const stopAfterTime = (retryFor: number): PoisonPolicy => ({ ...stopAfter(1), retryFor })

/** What is to be done after a failed attempt. */
export type Verdict =
  { readonly _tag: 'Retry'; readonly pause: number } | { readonly _tag: 'Poison' }

/** The pause after attempt number `attempts` (1, 2, ...). Milliseconds. */
export const backoffAfter = (
  { firstPause, longestPause }: Pick<PoisonPolicy, 'firstPause' | 'longestPause'>,
  attempts: number,
): number => backoff(firstPause, longestPause, Math.max(attempts, 1))

/** How long was waited, all in all, before attempt number `attempts`; no more than `enough` is counted. */
const waitedBefore = (policy: PoisonPolicy, attempts: number, enough: number): number => {
  let waited = 0
  for (let attempt = 1; attempt < attempts && waited < enough; attempt++) {
    waited += backoffAfter(policy, attempt)
  }
  return waited
}

/** What `policy` says after attempt number `attempts` (1, 2, ...) has failed. */
export const verdict = (policy: PoisonPolicy, attempts: number): Verdict => {
  const { retryFor = 0 } = policy
  return attempts >= policy.attempts && waitedBefore(policy, attempts, retryFor) >= retryFor
    ? { _tag: 'Poison' }
    : { _tag: 'Retry', pause: backoffAfter(policy, attempts) }
}

/**
 * What `policy` says of a failure, by whose fault it is: the infrastructure's is always tried again; what
 * this release cannot read is not, but another one will.
 */
export const verdictOn = (fault: Fault, policy: PoisonPolicy, attempts: number): Verdict => {
  switch (fault) {
    case 'Infrastructure':
      return { _tag: 'Retry', pause: backoffAfter(policy, attempts) }
    case 'Codec':
    case 'Crash':
      return { _tag: 'Poison' }
    case 'Event':
      return verdict(policy, attempts)
  }
}
