import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { SubscriptionStart } from '../subscription-start'
import type { Position } from '../stream'

/** A store that can find a start position by itself. Without it, subscriptions scan the store. */
export interface EventLocator {
  /**
   * The position after which a subscription that begins at `start` reads. 0 or more.
   *
   * Fails with `StoreFailed`: the store rejected the query or did not answer.
   */
  readonly locate: (start: SubscriptionStart) => TaskEither<StoreFailed, Position>
}
