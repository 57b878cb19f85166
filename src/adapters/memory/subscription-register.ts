import type { NewSubscription } from '../../core/ports/subscription-store'
import { eitherOf, missingIn } from './subscription-filter'
import { type MemorySubscription, newSubscription } from './subscription-state'

/** Creates the subscription, unless it is there, and lets its declared filter grow. */
export const registered = (
  subscriptions: Map<string, MemorySubscription>,
  { name, ...subscription }: NewSubscription,
): MemorySubscription => {
  const { partitions: _partitions, position: _position, ...declared } = subscription
  const known = subscriptions.get(name) ?? newSubscription(subscription)
  subscriptions.set(name, known)
  for (const partition of known.partitions) {
    if (partition.failure?.undecodable === true) partition.failure = undefined
  }
  if (missingIn(declared, known.filter) === undefined) return known
  known.filter = eitherOf(known.filter, declared)
  for (const partition of known.partitions) {
    // Whoever owns it may have read on without what is new: it must not get on. The next owner is no sign
    // of a crash.
    partition.token++
    partition.takeovers = -1
  }
  return known
}
