import type { Arrival, HeldStream, PartitionStatus } from '../../core/ports/subscription-store'
import type { Position, StreamId } from '../../core/stream'
import type { MemoryHeld, MemoryPartition } from './subscription-state'

/** Whether nothing will happen to it without an operator. */
export const isParked = ({ decision, retryAt }: MemoryHeld): boolean =>
  retryAt === undefined && decision === undefined

/** Whether it is parked, and the next owner may be able to read it. */
export const isDueAgain = (held: MemoryHeld): boolean =>
  isParked(held) && held.failure.undecodable === true

export const heldStreamOf = ({
  decision: _decision,
  retryAt: _retryAt,
  ...stream
}: MemoryHeld): HeldStream => stream

/** How far all of them have come. */
export const reachedBy = (partitions: ReadonlyArray<MemoryPartition>): Position | undefined =>
  partitions.length === 0 ? undefined : Math.min(...partitions.map(({ position }) => position))

/** How far they have come, for somebody who waits for the event at `wanted`. */
export const arrivalAt = (
  partitions: ReadonlyArray<MemoryPartition>,
  wanted: Position,
  streamId: StreamId | undefined,
): Arrival | undefined => {
  const position = reachedBy(partitions)
  if (position === undefined) return undefined
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
    position,
    ...(stopped === undefined ? {} : { stopped }),
    ...(parked === undefined ? {} : { parked: heldStreamOf(parked) }),
  }
}

/** One partition as an operator sees it. */
export const statusOf = (
  partition: MemoryPartition,
  now: number,
): Omit<PartitionStatus, 'subscription' | 'partition'> => {
  const { position, owner, leasedUntil, heartbeatAt, held, failure } = partition
  return {
    position,
    owner: leasedUntil >= now ? owner : undefined,
    heartbeatAge: heartbeatAt === undefined ? undefined : now - heartbeatAt,
    held: held.size,
    failure,
    busySince: partition.busySince,
    lastTrouble: partition.lastTrouble,
  }
}
