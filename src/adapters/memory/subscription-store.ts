import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { Lease, SubscriptionStore } from '../../core/ports/subscription-store'
import type { MemoryDocuments, MemoryTransaction } from './documents'
import { queue } from './queue'
import { claimed } from './subscription-claim'
import {
  type MemoryHeld,
  type MemoryPartition,
  type MemorySubscription,
  newSubscription,
} from './subscription-state'
import { byStream, free, isDue, ownedBy, step, unmoved } from './subscription-steps'

/**
 * Subscriptions in the memory of one process; effects are written through transactions of `documents`.
 *
 * @param now - the store's clock, in milliseconds.
 */
export const memorySubscriptions = (
  documents: MemoryDocuments,
  now: () => number = Date.now,
): SubscriptionStore<MemoryTransaction> => {
  const subscriptions = new Map<string, MemorySubscription>()
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
        const known = subscriptions.get(subscription.name) ?? newSubscription(subscription)
        subscriptions.set(subscription.name, known)
        return known.partitions.length
      }),
    claim: (subscription, instance, duration) =>
      TE.fromIO(() => {
        const known = subscriptions.get(subscription)
        return known === undefined
          ? { leases: [], share: 0, stopped: [] }
          : claimed(known, { subscription, instance }, now(), now() + duration)
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
        const worked = await work(open.transaction)()
        if (E.isLeft(worked)) return worked
        const partition = E.flatMap(unmoved(progress))(owned(progress.lease))
        if (E.isLeft(partition)) return partition
        open.commit()
        step(partition.right, progress, now())
        return worked
      }),
    halt: (lease, failure) => () => {
      const partition = owned(lease)
      if (E.isLeft(partition)) return Promise.resolve(partition)
      free(partition.right)
      partition.right.token++
      partition.right.failure = failure
      return Promise.resolve(E.right(undefined))
    },
    held: (lease) => TE.fromIO(() => heldBy(lease).map(({ streamId }) => streamId)),
    due: (lease) =>
      TE.fromIO(() =>
        heldBy(lease)
          .filter((held) => isDue(held, now()))
          .sort((left, right) => left.position - right.position)
          .map(({ decision = 'retry', retryAt: _retryAt, ...held }) => ({ ...held, decision })),
      ),
    reached: (subscription) =>
      TE.fromIO(() => {
        const positions = partitionsOf(subscription).map(({ position }) => position)
        return positions.length === 0 ? undefined : Math.min(...positions)
      }),
    status: () =>
      TE.fromIO(() =>
        [...subscriptions].sort().flatMap(([subscription, { partitions }]) =>
          partitions.map(
            ({ position, owner, leasedUntil, heartbeatAt, held, failure }, partition) => ({
              subscription,
              partition,
              position,
              owner: leasedUntil >= now() ? owner : undefined,
              heartbeatAge: heartbeatAt === undefined ? undefined : now() - heartbeatAt,
              held: held.size,
              failure,
            }),
          ),
        ),
      ),
    parked: (subscription) =>
      TE.fromIO(() =>
        partitionsOf(subscription)
          .flatMap(({ held }, partition) =>
            [...held.values()].map(({ decision, retryAt, ...stream }) => ({
              ...stream,
              partition,
              parked: retryAt === undefined && decision === undefined,
            })),
          )
          .sort(byStream),
      ),
    decide: (subscription, streamId, decision) =>
      TE.fromIO(() => {
        const partition = partitionsOf(subscription).find(({ held }) => held.has(streamId))
        const held = partition?.held.get(streamId)
        if (held !== undefined) partition?.held.set(streamId, { ...held, decision })
        return held !== undefined
      }),
    resume: (subscription) =>
      TE.fromIO(() => {
        const stopped = partitionsOf(subscription).filter(({ failure }) => failure !== undefined)
        for (const partition of stopped) partition.failure = undefined
        return stopped.length > 0
      }),
    reset: (subscription, position) =>
      TE.fromIO(() => {
        for (const partition of partitionsOf(subscription)) {
          free(partition)
          partition.token++
          partition.position = position
          partition.lineage = undefined
          partition.failure = undefined
          partition.held.clear()
        }
        return subscriptions.has(subscription)
      }),
    remove: (subscription) => TE.fromIO(() => subscriptions.delete(subscription)),
  }
}
