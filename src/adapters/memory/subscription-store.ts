import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { Lease, SubscriptionStore } from '../../core/ports/subscription-store'
import type { MemoryDocuments, MemoryTransaction } from './documents'
import { queue } from './queue'
import { claimed } from './subscription-claim'
import { bothOf } from './subscription-filter'
import { registered } from './subscription-register'
import type { MemoryHeld, MemoryPartition, MemorySubscription } from './subscription-state'
import { byStream, free, isDue, ownedBy, step, unmoved } from './subscription-steps'
import {
  arrivalAt,
  heldStreamOf,
  isDueAgain,
  isParked,
  reachedBy,
  statusOf,
} from './subscription-view'

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
  const owning = <Result>(lease: Lease, work: (partition: MemoryPartition) => Result) =>
    TE.fromIOEither(() => E.map(work)(owned(lease)))
  const heldOf = ({ subscription, partition }: Lease) => partitionsOf(subscription)[partition]?.held
  const heldBy = (lease: Lease): ReadonlyArray<MemoryHeld> => [...(heldOf(lease)?.values() ?? [])]

  return {
    register: (subscription) =>
      TE.fromIO(() => registered(subscriptions, subscription).partitions.length),
    claim: (subscription, instance, duration, report = {}) =>
      TE.fromIO(() => {
        const known = subscriptions.get(subscription)
        const claimant = { subscription, instance, now: now(), until: now() + duration }
        return known === undefined
          ? { leases: [], share: 0, stopped: [] }
          : claimed(known, claimant, report)
      }),
    prolong: (lease, duration) =>
      owning(lease, (partition) => {
        partition.leasedUntil = now() + duration
        partition.heartbeatAt = now()
      }),
    noteAttempt: (lease, what) =>
      owning(lease, (partition) => {
        const before = partition.attempt?.what === what ? partition.attempt.times : 0
        partition.attempt = { what, times: before + 1 }
        return before + 1
      }),
    forgetAttempts: (lease) =>
      owning(lease, (partition) => {
        partition.attempt = undefined
        partition.takeovers = 0
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
    commit: (from, work) => () =>
      oneByOne(async () => {
        const open = documents.begin()
        const worked = await work(open.transaction)()
        if (E.isLeft(worked)) return worked
        const partition = E.flatMap(unmoved(from))(owned(from.lease))
        if (E.isLeft(partition)) return partition
        open.commit()
        step(partition.right, worked.right, now())
        return E.right(undefined)
      }),
    halt: (lease, failure) =>
      owning(lease, (partition) => {
        free(partition)
        partition.token++
        partition.failure = failure
      }),
    held: (lease) => TE.fromIO(() => heldBy(lease).map(({ streamId }) => streamId)),
    due: (lease) =>
      TE.fromIO(() =>
        heldBy(lease)
          .filter((held) => isDue(held, now()))
          .sort((left, right) => left.position - right.position)
          .map((held) => ({ ...heldStreamOf(held), decision: held.decision ?? 'retry' })),
      ),
    retryUndecodable: (lease) =>
      TE.fromIO(() => {
        for (const held of heldBy(lease)) {
          if (isDueAgain(held)) heldOf(lease)?.set(held.streamId, { ...held, decision: 'retry' })
        }
      }),
    reached: (subscription) => TE.fromIO(() => reachedBy(partitionsOf(subscription))),
    arrival: (subscription, position, streamId) =>
      TE.fromIO(() => arrivalAt(partitionsOf(subscription), position, streamId)),
    narrow: (subscription, filter) =>
      TE.fromIO(() => {
        const known = subscriptions.get(subscription)
        if (known !== undefined) known.filter = bothOf(known.filter, filter)
        return known !== undefined
      }),
    status: () =>
      TE.fromIO(() =>
        [...subscriptions].sort().flatMap(([subscription, { partitions }]) =>
          partitions.map((partition, number) => ({
            subscription,
            partition: number,
            ...statusOf(partition, now()),
          })),
        ),
      ),
    parked: (subscription) =>
      TE.fromIO(() =>
        partitionsOf(subscription)
          .flatMap(({ held }, partition) =>
            [...held.values()].map((stream) => ({
              ...heldStreamOf(stream),
              partition,
              parked: isParked(stream),
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
          partition.failure = undefined
          partition.held.clear()
        }
        return subscriptions.has(subscription)
      }),
    remove: (subscription) => TE.fromIO(() => subscriptions.delete(subscription)),
  }
}
