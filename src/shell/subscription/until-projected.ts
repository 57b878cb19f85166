import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import { notProjectedYet, type NotProjectedYet } from '../../core/errors/subscription'
import type { Backend } from '../../core/ports/backend'
import type { Position } from '../../core/stream'
import { backoff } from '../../core/time/back-off'
import { sleep } from '../timers'

/** In milliseconds. */
const MIN_POLL_INTERVAL = 5
const MAX_POLL_INTERVAL = 100

/** A subscription, and how far it has come. `undefined`: it was never started. */
export interface Arrival {
  readonly subscription: string
  readonly reached: Position | undefined
}

/** Asks again and again how far something has come, until that is far enough or the time is over. */
export const waitFor = async (
  look: TaskEither<StoreFailed, Arrival>,
  position: Position,
  timeout: number,
): Promise<E.Either<NotProjectedYet | StoreFailed, Position>> => {
  const end = performance.now() + timeout
  for (let looks = 1; ; looks++) {
    const seen = await look()
    if (E.isLeft(seen)) return seen
    const { subscription, reached } = seen.right
    if (reached !== undefined && reached >= position) return E.right(reached)
    if (performance.now() >= end) return E.left(notProjectedYet(subscription, position, reached))
    const interval = backoff(MIN_POLL_INTERVAL, MAX_POLL_INTERVAL, looks)
    await sleep(Math.min(interval, Math.max(0, end - performance.now())))
  }
}

/**
 * Waits until a subscription is done with everything up to `position`: to read what one has written.
 * A stream that is held back does not hold this up.
 *
 * @param timeout - in milliseconds.
 *
 * Fails with `NotProjectedYet` when the time is over, and with `StoreFailed`.
 *
 * @example
 * const handled = await accounts.handleCommand('A1', deposit)()
 * await untilProjected('mails', handled.right.events[0].position, 2_000)(backend)()
 */
export const untilProjected =
  (subscription: string, position: Position, timeout: number) =>
  <Transaction>({
    subscriptions,
  }: Pick<Backend<Transaction>, 'subscriptions'>): TaskEither<
    NotProjectedYet | StoreFailed,
    Position
  > =>
  () =>
    waitFor(
      pipe(
        subscriptions.reached(subscription),
        TE.map((reached) => ({ subscription, reached })),
      ),
      position,
      timeout,
    )
