import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { type SubscriptionError, subscriptionMismatch } from '../../core/errors/subscription'
import { filterOf, type Settings } from './definition'
import type { Effects } from './effects'
import type { SubscriptionEnvironment } from './environment'
import { startPosition } from './start-position'
import { runOwner } from './owner'
import type { BetweenBatches } from './worker-context'

/** Creates the subscription if it is new, and runs it until it is stopped. */
export const startSubscription =
  <Transaction>(
    settings: Settings,
    environment: SubscriptionEnvironment<Transaction>,
    effects: Effects,
    betweenBatches?: BetweenBatches<Transaction>,
  ): TaskEither<SubscriptionError, void> =>
  async () => {
    const { subscriptions, store } = environment
    const { name, partitions } = settings
    const reached = await subscriptions.reached(name)()
    if (E.isLeft(reached)) return reached
    const position =
      reached.right === undefined
        ? await startPosition(store, settings.from)
        : E.right(reached.right)
    if (E.isLeft(position)) return position
    const stored = await subscriptions.register({
      name,
      partitions,
      position: position.right,
      ...filterOf(settings),
    })()
    if (E.isLeft(stored)) return stored
    if (stored.right !== partitions) {
      return E.left(subscriptionMismatch(name, partitions, stored.right))
    }
    environment.onStarted?.()
    return runOwner({
      settings,
      environment,
      effects,
      ...(betweenBatches === undefined ? {} : { betweenBatches }),
      instance: crypto.randomUUID(),
    })
  }
