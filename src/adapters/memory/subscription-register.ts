import type { NewSubscription } from '../../core/ports/subscription-store'
import { eitherOf, missingIn } from './subscription-filter'
import { type MemorySubscription, newSubscription } from './subscription-state'

/** Creates the subscription, unless it is there, and lets its declared filter grow. */
export const registered = (
  subscriptions: Map<string, MemorySubscription>,
  subscription: NewSubscription,
  now: number,
): MemorySubscription => {
  const declared = newSubscription(subscription, now)
  const known = subscriptions.get(subscription.name) ?? declared
  subscriptions.set(subscription.name, known)
  for (const partition of known.partitions) {
    if (partition.failure?.undecodable === true) partition.failure = undefined
  }
  if (missingIn(declared.reads, known.reads) === undefined) return known
  known.reads = eitherOf(known.reads, declared.reads)
  for (const partition of known.partitions) {
    // Whoever owns it may have read on without what is new: it must not get on. The next owner is no sign
    // of a crash.
    partition.token++
    partition.takeovers = -1
  }
  return known
}
