import * as E from 'fp-ts/Either'
import { type LeaseLost, leaseLost } from '../../core/errors/subscription'
import type {
  Arrival,
  HeldStream,
  Lease,
  StepEnd,
  StepStart,
} from '../../core/ports/subscription-store'
import type { Position, StreamId } from '../../core/stream'
import type { MemoryHeld, MemoryPartition, MemorySubscription } from './subscription-state'

/** The partition, if the step begins at its checkpoint. */
export const unmoved =
  ({ lease, after }: StepStart) =>
  (partition: MemoryPartition): E.Either<LeaseLost, MemoryPartition> =>
    partition.position === after
      ? E.right(partition)
      : E.left(leaseLost(lease.subscription, lease.partition, lease.token))

/** The partition, if the lease is the newest one. */
export const ownedBy = (
  subscriptions: ReadonlyMap<string, MemorySubscription>,
  { subscription, partition, token }: Lease,
): E.Either<LeaseLost, MemoryPartition> => {
  const found = subscriptions.get(subscription)?.partitions[partition]
  return found?.owner !== undefined && found.token === token
    ? E.right(found)
    : E.left(leaseLost(subscription, partition, token))
}

/** Makes a step: moves the position, and holds or releases a stream. */
export const step = (
  partition: MemoryPartition,
  { position, lineage, holding }: StepEnd,
  now: number,
): void => {
  partition.position = position
  partition.lineage = lineage ?? partition.lineage
  if (holding?._tag === 'Release') partition.held.delete(holding.streamId)
  if (holding?._tag === 'Hold') {
    const { stream, retryAfter } = holding
    const retryAt = retryAfter === undefined ? {} : { retryAt: now + retryAfter }
    partition.held.set(stream.streamId, { ...stream, heldAt: now, ...retryAt })
  }
}

/** Whether a held stream is due. */
export const isDue = ({ decision, retryAt }: MemoryHeld, now: number): boolean =>
  decision !== undefined || (retryAt !== undefined && retryAt <= now)

/** Whether a held stream is parked. */
export const isParked = ({ decision, retryAt }: MemoryHeld): boolean =>
  retryAt === undefined && decision === undefined

/** A held stream without what is internal. */
export const heldStreamOf = ({
  decision: _decision,
  retryAt: _retryAt,
  heldAt: _heldAt,
  ...stream
}: MemoryHeld): HeldStream => stream

/** How far the partitions have come, for a caller that waits for the event at `wanted`. */
export const arrivalAt = (
  partitions: ReadonlyArray<MemoryPartition>,
  wanted: Position,
  streamId: StreamId | undefined,
): Arrival | undefined => {
  if (partitions.length === 0) return undefined
  const [stopped] = partitions.flatMap(({ failure }, partition) =>
    failure === undefined ? [] : [{ partition, failure }],
  )
  const parked = partitions
    .flatMap(({ held }) => [...held.values()])
    .find(
      (one) =>
        isParked(one) &&
        (one.position === wanted || (one.streamId === streamId && one.position <= wanted)),
    )
  return {
    position: Math.min(...partitions.map(({ position }) => position)),
    ...(stopped === undefined ? {} : { stopped }),
    ...(parked === undefined ? {} : { parked: heldStreamOf(parked) }),
  }
}

/** The partition has no owner any more. */
export const free = (partition: MemoryPartition): void => {
  partition.owner = undefined
  partition.leasedUntil = 0
  partition.busySince = undefined
}

/** Takes the lease away: writes of the previous owner are rejected from now on. */
export const fence = (partition: MemoryPartition): void => {
  free(partition)
  partition.token++
}
