import * as E from 'fp-ts/Either'
import { backoff } from '../../core/back-off'
import { isOutage } from '../../core/fault'
import { setting, timeSetting } from '../../core/setting'
import { performance } from '../timers'
import type { CategorySettings } from './settings'

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

/** Between two attempts while the store is away, in milliseconds: the first wait at most, and the longest. */
const OUTAGE = { attempts: Infinity, firstBackoff: 20, maxBackoff: 500 }

/**
 * Sends a command again while the store is away, for `retryOutagesFor` milliseconds from its first failure on. Only
 * what has certainly written nothing; with an id, which makes it idempotent, also what may have.
 */
export const throughOutages = async <Error extends { readonly _tag: string }, Result>(
  { retryOutagesFor, random, wait }: CategorySettings,
  isIdempotent: boolean,
  send: () => Promise<E.Either<Error, Result>>,
): Promise<E.Either<Error, Result>> => {
  let answer = await send()
  const endsAt = performance.now() + retryOutagesFor
  for (let failures = 1; E.isLeft(answer) && isOutage(answer.left); failures++) {
    const isSafe = isIdempotent || answer.left.outcome === 'nothingWritten'
    const pause = jitteredBackoff(OUTAGE, failures, random())
    if (!isSafe || performance.now() + pause > endsAt) return answer
    await wait(pause)
    answer = await send()
  }
  return answer
}
