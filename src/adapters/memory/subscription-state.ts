import type { FailureNote } from '../../core/errors/subscription'
import type { OutdatedInstance, Trouble } from '../../core/operator/status'
import type {
  HeldStream,
  NewSubscription,
  SubscriptionFilter,
} from '../../core/ports/subscription-store'
import type { Position, StreamId } from '../../core/stream'

/** A held stream, and when it is due. Times in milliseconds, by the store's clock. */
export interface MemoryHeld extends HeldStream {
  readonly heldAt: number
  /** Omitted: parked. */
  readonly retryAt?: number
  readonly decision?: 'retry' | 'skip'
}

export interface MemoryPartition {
  position: Position
  /** The lineage of the store that it was read from; unknown before the first owner. */
  lineage: string | undefined
  token: number
  owner: string | undefined
  leasedUntil: number
  heartbeatAt: number | undefined
  failure: FailureNote | undefined
  busySince: number | undefined
  lastTrouble: Trouble | undefined
  /** How many owners in a row have lost it without releasing it. -1: the next one does not count. */
  takeovers: number
  /** The recorded attempt, and how often in a row it was recorded. */
  attempt: { readonly what: string; readonly times: number } | undefined
  readonly held: Map<StreamId, MemoryHeld>
}

/** One subscription. */
export interface MemorySubscription {
  /** One for each partition, by its number. */
  partitions: ReadonlyArray<MemoryPartition>
  /** The instances, and until when their heartbeat is valid. */
  readonly instances: Map<string, number>
  readonly createdAt: number
  pausedAt: number | undefined
  /** The last instance that got nothing because of its filter. */
  outdated: Omit<OutdatedInstance, 'age'> | undefined
  /** The declared filter. */
  reads: SubscriptionFilter
}

export const newPartition = (
  position: Position,
  token: number,
  lineage?: string,
): MemoryPartition => ({
  position,
  lineage,
  token,
  owner: undefined,
  leasedUntil: 0,
  heartbeatAt: undefined,
  failure: undefined,
  busySince: undefined,
  lastTrouble: undefined,
  takeovers: 0,
  attempt: undefined,
  held: new Map(),
})

export const newSubscription = (
  { partitions, position, categories, types, tags }: NewSubscription,
  now: number,
): MemorySubscription => ({
  instances: new Map(),
  createdAt: now,
  pausedAt: undefined,
  outdated: undefined,
  reads: {
    ...(categories === undefined ? {} : { categories }),
    ...(types === undefined ? {} : { types }),
    ...(tags === undefined ? {} : { tags }),
  },
  partitions: Array.from({ length: partitions }, () => newPartition(position, 0)),
})
