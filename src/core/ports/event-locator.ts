import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { SubscriptionStart } from '../subscription-start'
import type { Position } from '../stream'

/** A store that finds the place of a start itself. Without it, subscriptions look through the store. */
export interface EventLocator {
  /** The position after which a subscription that begins at `start` reads. */
  readonly locate: (start: SubscriptionStart) => TaskEither<StoreFailed, Position>
}
