import * as E from 'fp-ts/Either'
import { isOutage } from '../../core/fault'
import { performance } from '../../platform/node'
import { type CategorySettings, jitteredBackoff } from './settings'

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
