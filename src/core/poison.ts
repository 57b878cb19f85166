import { backoff } from './time/back-off'

/**
 * What happens to an event that its handler cannot handle.
 *
 * - {@link parkAfter}: the event is retried with exponential back-off. After the last attempt it is
 *   parked until an operator decides `retry` or `skip`. Later events of THE SAME STREAM are held back
 *   meanwhile; all other streams continue.
 * - {@link stopAfter}: the event is retried while the whole partition waits. After the last attempt the
 *   subscription stops with a typed failure until an operator resumes it. For handlers that depend on
 *   the order across streams.
 */
export interface PoisonPolicy {
  readonly _tag: 'Park' | 'Stop'
  /** How often the event is tried, the first time included. 1 or more. */
  readonly attempts: number
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

/** What follows a failed attempt: another one after a wait in milliseconds, or the poison policy's end. */
export type Verdict =
  { readonly _tag: 'Retry'; readonly pause: number } | { readonly _tag: 'Poison' }

/** What `policy` prescribes after attempt number `attempts` (1, 2, ...) has failed. */
export const verdict = (policy: PoisonPolicy, attempts: number): Verdict =>
  attempts >= policy.attempts
    ? { _tag: 'Poison' }
    : {
        _tag: 'Retry',
        pause: backoff(policy.firstPause, policy.longestPause, attempts),
      }
