import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import { notProjectedYet, type NotProjectedYet } from '../../core/errors/subscription'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import type { Position } from '../../core/stream'

const FIRST_PAUSE = 5
const LONGEST_PAUSE = 100

const pauseFor = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

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
 * await untilProjected(subscriptions)('balances@1.1', handled.right.events[0].position, 2_000)()
 */
export const untilProjected =
  <Transaction>(subscriptions: Pick<SubscriptionStore<Transaction>, 'reached'>) =>
  (
    subscription: string,
    position: Position,
    timeout: number,
  ): TaskEither<NotProjectedYet | StoreFailed, Position> =>
  async () => {
    const end = performance.now() + timeout
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const reached = await subscriptions.reached(subscription)()
      if (E.isLeft(reached)) return reached
      if (reached.right !== undefined && reached.right >= position) return E.right(reached.right)
      if (performance.now() >= end) {
        return E.left(notProjectedYet(subscription, position, reached.right))
      }
      await pauseFor(Math.min(pause, Math.max(0, end - performance.now())))
    }
  }
