import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { partitionsRefusal } from '../../core/operator/actions'
import type { Lease, SubscriptionStore } from '../../core/ports/subscription-store'
import type { MemoryDocuments, MemoryTransaction } from './documents'
import { queue } from './queue'
import { claimed } from './subscription-claim'
import { registered } from './subscription-register'
import type { MemoryHeld, MemoryPartition } from './subscription-state'
import { reachedIn, readSideOf } from './read-side-state'
import {
  arrivalAt,
  fence,
  free,
  heldStreamOf,
  isDue,
  isParked,
  ownedBy,
  step,
  unmoved,
} from './subscription-steps'

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
  const owning = <Result>(lease: Lease, work: (partition: MemoryPartition) => Result) =>
    TE.fromIOEither(() => E.map(work)(owned(lease)))
  const heldOf = ({ subscription, partition }: Lease) => partitionsOf(subscription)[partition]?.held
  const heldBy = (lease: Lease): ReadonlyArray<MemoryHeld> => [...(heldOf(lease)?.values() ?? [])]

  return {
    register: (subscription) => {
      const refused = partitionsRefusal(subscription)
      return refused === undefined
        ? TE.fromIO(() => registered(subscriptions, subscription, now()).partitions.length)
        : TE.left(refused)
    },
    claim: (subscription, instance, duration, report = {}) =>
      TE.fromIO(() => {
        const known = subscriptions.get(subscription)
        return known === undefined
          ? { leases: [], share: 0, stopped: [] }
          : claimed(known, { subscription, instance, until: now() + duration, report }, now())
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
        try {
          const worked = await work(open.transaction)()
          if (E.isLeft(worked)) return worked
          const partition = E.flatMap(unmoved(from))(owned(from.lease))
          if (E.isLeft(partition)) return partition
          open.commit()
          step(partition.right, worked.right, now())
          return E.right(undefined)
        } finally {
          open.rollback() // does nothing after a commit
        }
      }),
    stop: (lease, failure) =>
      owning(lease, (partition) => {
        fence(partition)
        partition.failure = failure
      }),
    heldStreams: (lease) => TE.fromIO(() => heldBy(lease).map(({ streamId }) => streamId)),
    dueStreams: (lease) =>
      TE.fromIO(() =>
        heldBy(lease)
          .filter((held) => isDue(held, now()))
          .sort((left, right) => left.position - right.position)
          .map((held) => ({ ...heldStreamOf(held), decision: held.decision ?? 'retry' })),
      ),
    reached: (subscription) => TE.fromIO(() => reachedIn(subscriptions, subscription)),
    retryUndecodable: (lease) =>
      TE.fromIO(() => {
        for (const held of heldBy(lease)) {
          if (!isParked(held) || held.failure.undecodable !== true) continue
          heldOf(lease)?.set(held.streamId, { ...held, decision: 'retry' })
        }
      }),
    arrival: (subscription, position, streamId) =>
      TE.fromIO(() => arrivalAt(partitionsOf(subscription), position, streamId)),
    remove: (subscription) => TE.fromIO(() => subscriptions.delete(subscription)),
  }
}
