import * as E from 'fp-ts/Either'
import { type FencedOff, fencedOff } from '../../core/errors/subscription'
import type { Lease, Progress } from '../../core/ports/subscription-store'
import type { StreamId } from '../../core/stream'
import type { MemoryHeld, MemoryPartition, MemorySubscription } from './subscription-state'

/** The partition, if the step begins where it is. */
export const unmoved =
  ({ lease, after }: Progress) =>
  (partition: MemoryPartition): E.Either<FencedOff, MemoryPartition> =>
    partition.position === after
      ? E.right(partition)
      : E.left(fencedOff(lease.subscription, lease.partition, lease.token))

/** The partition, if the lease is the newest one. */
export const ownedBy = (
  subscriptions: ReadonlyMap<string, MemorySubscription>,
  { subscription, partition, token }: Lease,
): E.Either<FencedOff, MemoryPartition> => {
  const found = subscriptions.get(subscription)?.partitions[partition]
  return found?.owner !== undefined && found.token === token
    ? E.right(found)
    : E.left(fencedOff(subscription, partition, token))
}

/** Makes a step: the position moves on, and a stream is held back or released. */
export const step = (
  partition: MemoryPartition,
  { position, lineage, holding }: Progress,
  now: number,
): void => {
  partition.position = position
  partition.lineage = lineage ?? partition.lineage
  if (holding?._tag === 'Release') partition.held.delete(holding.streamId)
  if (holding?._tag === 'Hold') {
    const { stream, retryAfter } = holding
    const retryAt = retryAfter === undefined ? {} : { retryAt: now + retryAfter }
    partition.held.set(stream.streamId, { ...stream, ...retryAt })
  }
}

/** Whether a held stream is to be turned to. */
export const isDue = ({ decision, retryAt }: MemoryHeld, now: number): boolean =>
  decision !== undefined || (retryAt !== undefined && retryAt <= now)

/** Nobody owns the partition any more. */
export const free = (partition: MemoryPartition): void => {
  partition.owner = undefined
  partition.leasedUntil = 0
}

/** The order in which held streams are shown. */
export const byStream = (left: { streamId: StreamId }, right: { streamId: StreamId }): number =>
  left.streamId < right.streamId ? -1 : 1
