import type { FailureNote } from '../../core/errors/subscription'
import type { HeldStream, NewSubscription } from '../../core/ports/subscription-store'
import type { Position, StreamId } from '../../core/stream'

/** A held stream, and what is to become of it. Times in milliseconds, by the store's clock. */
export interface MemoryHeld extends HeldStream {
  /** Left out: parked. */
  readonly retryAt?: number
  readonly decision?: 'retry' | 'skip'
}

export interface MemoryPartition {
  position: Position
  /** Of the store in which it was read; not known before the first owner. */
  lineage: string | undefined
  token: number
  owner: string | undefined
  leasedUntil: number
  heartbeatAt: number | undefined
  failure: FailureNote | undefined
  readonly held: Map<StreamId, MemoryHeld>
}

/** All that is known of one subscription. */
export interface MemorySubscription {
  /** One for each partition, by its number. */
  readonly partitions: ReadonlyArray<MemoryPartition>
  /** Who is alive, until when. */
  readonly instances: Map<string, number>
}

export const newSubscription = ({ partitions, position }: NewSubscription): MemorySubscription => ({
  instances: new Map(),
  partitions: Array.from({ length: partitions }, () => ({
    position,
    lineage: undefined,
    token: 0,
    owner: undefined,
    leasedUntil: 0,
    heartbeatAt: undefined,
    failure: undefined,
    held: new Map(),
  })),
})
