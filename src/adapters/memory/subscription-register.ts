import type { NewSubscription } from '../../core/ports/subscription-store'
import { eitherOf, missingIn } from '../../core/subscription-filter'
import { type MemorySubscription, newSubscription } from './subscription-state'

/** Creates the subscription, unless it exists, and extends its declared filter. */
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
    // The owner may have read ahead without the new part of the filter, so it is fenced off. That does not count
    // as a crash.
    partition.token++
    partition.takeovers = -1
  }
  return known
}
