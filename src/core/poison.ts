import type { Fault } from './fault'
import { setting, timeSetting } from './setting'
import { backoff } from './back-off'

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
 * An event is poison when BOTH budgets are used up: `attempts` and `retryFor`. Failures of the
 * infrastructure do not count. No number is rejected: NaN in `attempts` or `retryFor` counts as ten minutes, and a number
 * that is out of range as the nearest valid one.
 */
export interface PoisonPolicy {
  readonly _tag: 'Park' | 'Stop'
  /** How often the event is tried, at least, the first time included. 1 or more. */
  readonly attempts: number
  /** How long the event is retried, at least: the sum of the waits, in milliseconds. Default 0. */
  readonly retryFor?: number
  /** The wait after the first attempt, in milliseconds. It doubles with every further attempt. */
  readonly firstBackoff: number
  /** The longest wait between two attempts, in milliseconds. */
  readonly maxBackoff: number
}

const pauses = { firstBackoff: 100, maxBackoff: 30_000 }

/**
 * Parks the event after `attempts` attempts. Only its own stream is held back.
 *
 * @param attempts - including the first one. 1 or more.
 *
 * @example
 * runSubscription({ ...mails, poison: parkAfter(5) })
 */
export const parkAfter = (attempts: number): PoisonPolicy => ({ _tag: 'Park', attempts, ...pauses })

/**
 * Stops the subscription with `SubscriptionStopped` after `attempts` attempts.
 *
 * @param attempts - including the first one. 1 or more.
 *
 * @example
 * runProjection(balances, { poison: stopAfter(5) })
 */
export const stopAfter = (attempts: number): PoisonPolicy => ({ _tag: 'Stop', attempts, ...pauses })

/**
 * Retries the event for `retryFor` milliseconds, then parks it. Only its own stream is held back.
 *
 * @param retryFor - milliseconds, 0 or more: the sum of the waits between attempts.
 *
 * @example
 * runProjection(balances, { poison: parkAfterTime(600_000) }) // ten minutes: the default
 */
export const parkAfterTime = (retryFor: number): PoisonPolicy => ({ ...parkAfter(1), retryFor })

/**
 * Retries the event for `retryFor` milliseconds, then stops the subscription with `SubscriptionStopped`.
 *
 * @param retryFor - milliseconds, 0 or more: the sum of the waits between attempts.
 *
 * @example
 * runProjection(balances, { poison: stopAfterTime(60_000) })
 */
export const stopAfterTime = (retryFor: number): PoisonPolicy => ({ ...stopAfter(1), retryFor })

const TEN_MINUTES = 600_000

/** The policy that a subscription was given, made valid; see {@link setting}. Default ten minutes, then parking. */
export const poisonSetting = (given: PoisonPolicy = parkAfterTime(TEN_MINUTES)): PoisonPolicy => {
  const attempts = setting(given.attempts, 0, 1)
  return {
    _tag: given._tag,
    attempts: Math.max(attempts, 1),
    retryFor:
      given.retryFor === undefined && attempts > 0 ? 0 : setting(given.retryFor, TEN_MINUTES, 0),
    firstBackoff: timeSetting(given.firstBackoff, pauses.firstBackoff, 0),
    maxBackoff: timeSetting(given.maxBackoff, pauses.maxBackoff, 0),
  }
}

/** What follows a failed attempt: another one after a wait, or the end of the policy. */
export type NextAttempt =
  /** `pause` is that wait, in milliseconds. */
  { readonly _tag: 'Retry'; readonly pause: number } | { readonly _tag: 'Poison' }

/** The wait after attempt number `attempts` (1, 2, ...). Milliseconds. */
export const backoffAfter = (
  { firstBackoff, maxBackoff }: Pick<PoisonPolicy, 'firstBackoff' | 'maxBackoff'>,
  attempts: number,
): number => backoff(firstBackoff, maxBackoff, Math.max(attempts, 1))

/** The sum of the waits before attempt number `attempts`, counted up to `enough`. Milliseconds. */
const waitedBefore = (policy: PoisonPolicy, attempts: number, enough: number): number => {
  let waited = 0
  for (let attempt = 1; attempt < attempts && waited < enough; attempt++) {
    waited += backoffAfter(policy, attempt)
  }
  return waited
}

/**
 * What `policy` prescribes after an attempt has failed: another one after a wait, or the end of the policy.
 *
 * @param attempts - how many have failed by now. 1 or more.
 *
 * @example
 * nextAttempt(parkAfter(5), 5) // { _tag: 'Poison' }
 */
export const nextAttempt = (policy: PoisonPolicy, attempts: number): NextAttempt => {
  const { retryFor = 0 } = policy
  return attempts >= policy.attempts && waitedBefore(policy, attempts, retryFor) >= retryFor
    ? { _tag: 'Poison' }
    : { _tag: 'Retry', pause: backoffAfter(policy, attempts) }
}

/**
 * What follows a failure of this origin: after one of the infrastructure always another attempt; none for
 * what this release cannot read or what crashes the process; otherwise what `policy` prescribes.
 */
export const nextAttemptAfter = (
  fault: Fault,
  policy: PoisonPolicy,
  attempts: number,
): NextAttempt => {
  switch (fault) {
    case 'Infrastructure':
      return { _tag: 'Retry', pause: backoffAfter(policy, attempts) }
    case 'Codec':
    case 'Crash':
      return { _tag: 'Poison' }
    case 'Event':
      return nextAttempt(policy, attempts)
  }
}
