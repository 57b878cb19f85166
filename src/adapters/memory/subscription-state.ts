import type { FailureNote } from '../../core/errors/subscription'
import type { Trouble } from '../../core/operator/status'
import type { HeldStream, NewSubscription } from '../../core/ports/subscription-store'
import type { Position, StreamId } from '../../core/stream'

/** A held stream, and what is to become of it. Times in milliseconds, by the store's clock. */
export interface MemoryHeld extends HeldStream {
  readonly heldAt: number
  /** Left out: parked. */
  readonly retryAt?: number
  readonly decision?: 'retry' | 'skip'
}

export interface MemoryPartition {
  position: Position
  token: number
  owner: string | undefined
  leasedUntil: number
  heartbeatAt: number | undefined
  failure: FailureNote | undefined
  busySince: number | undefined
  lastTrouble: Trouble | undefined
  readonly held: Map<StreamId, MemoryHeld>
}

/** All that is known of one subscription. */
export interface MemorySubscription {
  /** One for each partition, by its number. */
  partitions: ReadonlyArray<MemoryPartition>
  /** Who is alive, until when. */
  readonly instances: Map<string, number>
  readonly createdAt: number
  pausedAt: number | undefined
  readonly reads: Pick<NewSubscription, 'categories' | 'types'>
}

export const newPartition = (position: Position, token: number): MemoryPartition => ({
  position,
  token,
  owner: undefined,
  leasedUntil: 0,
  heartbeatAt: undefined,
  failure: undefined,
  busySince: undefined,
  lastTrouble: undefined,
  held: new Map(),
})

export const newSubscription = (
  { partitions, position, categories, types }: NewSubscription,
  now: number,
): MemorySubscription => ({
  instances: new Map(),
  createdAt: now,
  pausedAt: undefined,
  reads: {
    ...(categories === undefined ? {} : { categories }),
    ...(types === undefined ? {} : { types }),
  },
  partitions: Array.from({ length: partitions }, () => newPartition(position, 0)),
})
