import { backoff } from './time/back-off'

/**
 * What becomes of an event that its handler cannot handle.
 *
 * - {@link parkAfter}: it is tried again, with growing pauses, and after the last attempt it is parked until an
 *   operator says `retry` or `skip`. Meanwhile the later events of ITS STREAM are held back; all other
 *   streams go on.
 * - {@link stopAfter}: it is tried again while everything waits; after the last attempt the subscription stops with
 *   a typed failure, until an operator says `resume`. For handlers to which the order across streams
 *   matters.
 */
export interface PoisonPolicy {
  readonly _tag: 'Park' | 'Stop'
  /** How often it is tried before it counts as poison. 1 or more. */
  readonly attempts: number
  /** The pause after the first attempt, in milliseconds; it doubles with every further one. */
  readonly firstPause: number
  /** No pause is longer than this, in milliseconds. */
  readonly longestPause: number
}

const pauses = { firstPause: 100, longestPause: 30_000 }

/** After `attempts` attempts it is parked, and holds back its own stream only. */
export const parkAfter = (attempts: number): PoisonPolicy => ({ _tag: 'Park', attempts, ...pauses })

/** After `attempts` attempts the subscription stops. */
export const stopAfter = (attempts: number): PoisonPolicy => ({ _tag: 'Stop', attempts, ...pauses })

/** What is to be done after a failed attempt. */
export type Verdict =
  { readonly _tag: 'Retry'; readonly pause: number } | { readonly _tag: 'Poison' }

/** What `policy` says after attempt number `attempts` (1, 2, ...) has failed. */
export const verdict = (policy: PoisonPolicy, attempts: number): Verdict =>
  attempts >= policy.attempts
    ? { _tag: 'Poison' }
    : {
        _tag: 'Retry',
        pause: backoff(policy.firstPause, policy.longestPause, attempts),
      }
