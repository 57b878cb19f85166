import { setting, timeSetting } from '../../core/setting'
import { backoff } from '../../core/back-off'

/** How often a command is decided again after another writer was first, and how long to wait before it. */
export interface RetryPolicy {
  /** How often a command is decided, at most. 1 or more; `Infinity`: until it is stored. */
  readonly attempts: number
  /** The longest wait before the second attempt, in milliseconds. It doubles with every further one. 0 or more. */
  readonly firstBackoff: number
  /** The longest wait of all, in milliseconds. 0 or more. */
  readonly maxBackoff: number
}

export const defaultRetry: RetryPolicy = { attempts: 10, firstBackoff: 4, maxBackoff: 250 }

/** The default for each part that is left out, or is no number; see {@link setting}. */
export const retryOf = (retry: Partial<RetryPolicy>): RetryPolicy => ({
  attempts: setting(retry.attempts, defaultRetry.attempts, 1),
  firstBackoff: timeSetting(retry.firstBackoff, defaultRetry.firstBackoff, 0),
  maxBackoff: timeSetting(retry.maxBackoff, defaultRetry.maxBackoff, 0),
})

/**
 * How long to wait before the next attempt: a random part of a bound that doubles, so that writers that
 * have collided spread out.
 *
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("full jitter").
 *
 * @param failures - how many attempts have failed. 1 or more.
 * @param random - from 0 (included) to 1 (excluded).
 * @returns milliseconds
 */
export const jitteredBackoff = (
  { firstBackoff, maxBackoff }: RetryPolicy,
  failures: number,
  random: number,
): number => random * backoff(firstBackoff, maxBackoff, failures)
