import type { FailureNote } from '../../core/errors/subscription'
import type {
  HeldStream,
  NewSubscription,
  SubscriptionFilter,
  Trouble,
} from '../../core/ports/subscription-store'
import type { Position, StreamId } from '../../core/stream'

/** A held stream, and what is to become of it. Times in milliseconds, by the store's clock. */
export interface MemoryHeld extends HeldStream {
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
  /** How many owners in a row have lost it without giving it back. -1: the next one does not count. */
  takeovers: number
  /** What was about to be tried, and how often in a row. */
  attempt: { readonly what: string; readonly times: number } | undefined
  readonly held: Map<StreamId, MemoryHeld>
}

/** All that is known of one subscription. */
export interface MemorySubscription {
  /** One for each partition, by its number. */
  readonly partitions: ReadonlyArray<MemoryPartition>
  /** Who is alive, until when. */
  readonly instances: Map<string, number>
  /** What was declared. */
  filter: SubscriptionFilter
}

export const newSubscription = ({
  partitions,
  position,
  ...filter
}: Omit<NewSubscription, 'name'>): MemorySubscription => ({
  instances: new Map(),
  filter,
  partitions: Array.from({ length: partitions }, () => ({
    position,
    token: 0,
    owner: undefined,
    leasedUntil: 0,
    heartbeatAt: undefined,
    failure: undefined,
    busySince: undefined,
    lastTrouble: undefined,
    takeovers: 0,
    attempt: undefined,
    held: new Map(),
  })),
})
