import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { Lease, SubscriptionStore } from '../../core/ports/subscription-store'
import type { MemoryDocuments, MemoryTransaction } from './documents'
import { queue } from './queue'
import { claimed } from './subscription-claim'
import { type MemoryHeld, type MemoryPartition, newSubscription } from './subscription-state'
import { reachedIn, readSideOf } from './read-side-state'
import { fence, free, isDue, ownedBy, step, unmoved } from './subscription-steps'

/**
 * Subscriptions in the memory of one process; effects are written through transactions of `documents`.
 *
 * @param now - the store's clock, in milliseconds.
 */
export const memorySubscriptions = (
  documents: MemoryDocuments,
  now: () => number,
): SubscriptionStore<MemoryTransaction> => {
  const { subscriptions } = readSideOf(documents)
  const oneByOne = queue()
  const partitionsOf = (name: string): ReadonlyArray<MemoryPartition> =>
    subscriptions.get(name)?.partitions ?? []
  const owned = (lease: Lease) => ownedBy(subscriptions, lease)
  const heldBy = ({ subscription, partition }: Lease): ReadonlyArray<MemoryHeld> => [
    ...(partitionsOf(subscription)[partition]?.held.values() ?? []),
  ]

  return {
    register: (subscription) =>
      TE.fromIO(() => {
        const known = subscriptions.get(subscription.name) ?? newSubscription(subscription, now())
        subscriptions.set(subscription.name, known)
        return known.partitions.length
      }),
    claim: (subscription, instance, duration, reports = []) =>
      TE.fromIO(() => {
        const known = subscriptions.get(subscription)
        return known === undefined
          ? { leases: [], share: 0, stopped: [] }
          : claimed(known, { subscription, instance, until: now() + duration, reports }, now())
      }),
    release: (lease) =>
      TE.fromIO(() => {
        const partition = owned(lease)
        if (E.isRight(partition)) free(partition.right)
      }),
    leave: (subscription, instance) =>
      TE.fromIO(() => {
        subscriptions.get(subscription)?.instances.delete(instance)
      }),
    save: (progress) => () =>
      oneByOne(() => {
        const partition = E.flatMap(unmoved(progress))(owned(progress.lease))
        if (E.isRight(partition)) step(partition.right, progress, now())
        return Promise.resolve(E.isRight(partition) ? E.right(undefined) : partition)
      }),
    commit: (progress, work) => () =>
      oneByOne(async () => {
        const open = documents.begin()
        try {
          const worked = await work(open.transaction)()
          if (E.isLeft(worked)) return worked
          const partition = E.flatMap(unmoved(progress))(owned(progress.lease))
          if (E.isLeft(partition)) return partition
          open.commit()
          step(partition.right, progress, now())
          return worked
        } finally {
          open.rollback() // nothing to undo after a commit
        }
      }),
    halt: (lease, failure) => () => {
      const partition = owned(lease)
      if (E.isLeft(partition)) return Promise.resolve(partition)
      fence(partition.right)
      partition.right.failure = failure
      return Promise.resolve(E.right(undefined))
    },
    held: (lease) => TE.fromIO(() => heldBy(lease).map(({ streamId }) => streamId)),
    due: (lease) =>
      TE.fromIO(() =>
        heldBy(lease)
          .filter((held) => isDue(held, now()))
          .sort((left, right) => left.position - right.position)
          .map(({ decision = 'retry', retryAt: _r, heldAt: _h, ...held }) => ({
            ...held,
            decision,
          })),
      ),
    reached: (subscription) => TE.fromIO(() => reachedIn(subscriptions, subscription)),
    remove: (subscription) => TE.fromIO(() => subscriptions.delete(subscription)),
  }
}
