import type { FailureNote } from '../../../core/errors/subscription'
import { isRecord } from '../../../core/json'
import type { OutdatedInstance, Trouble } from '../../../core/operator/status'
import type {
  HeldStream,
  NewSubscription,
  SubscriptionFilter,
} from '../../../core/ports/subscription-store'
import type { Position } from '../../../core/stream'

// The keys of a bucket of subscriptions:
//   subscription.<name>                     what there is once for all partitions, with their leases
//   partition.<id>.<generation>.<number>    the checkpoint of a partition; none: it was never worked on
//   held.<id>.<stream>                      why a stream is held back
//   value.<key>                             what a transaction has written
// Heartbeats write the first, and checkpoints the second: neither is in the way of the other. The fencing token is in the
// second, beside the checkpoint that it protects.

/** Who works on a partition. All times are by the clock of the server: milliseconds since 1970-01-01 UTC. */
export interface LeaseRecord {
  readonly owner?: string
  /** 0: it was released, or never leased. */
  readonly leasedUntil: number
  readonly heartbeatAt?: number
  readonly busySince?: number
  /** Its partition has a failure. */
  readonly isStopped?: true
}

/** A subscription. */
export interface SubscriptionRecord {
  /** Never the same for two subscriptions, whatever their names: what is left of one that was removed is not taken up. */
  readonly id: string
  /** Grows when the number of partitions is changed. */
  readonly generation: number
  /** What a partition begins with. */
  readonly first: Pick<PartitionRecord, 'position' | 'token' | 'lineage'>
  readonly createdAt: number
  readonly pausedAt?: number
  readonly outdated?: Omit<OutdatedInstance, 'age'>
  /** The declared filter. */
  readonly reads: SubscriptionFilter
  /** Until when the heartbeat of each instance is valid. */
  readonly instances: Readonly<Record<string, number>>
  /** One for each partition, by its number. */
  readonly leases: ReadonlyArray<LeaseRecord>
}

/** A held stream, without the reason, which is a value of its own: it may be long. */
export interface HeldRecord extends Omit<HeldStream, 'failure'> {
  readonly heldAt: number
  /** Omitted: parked. */
  readonly retryAt?: number
  readonly decision?: 'retry' | 'skip'
  readonly undecodable?: true
}

/** A partition. */
export interface PartitionRecord {
  /** Grows with every owner, and when an owner is fenced off. Only the newest may write. */
  readonly token: number
  readonly position: Position
  readonly lineage?: string
  /** How many owners in a row have lost it without releasing it. -1: the next one does not count. */
  readonly takeovers: number
  /** The recorded attempt, and how often in a row it was recorded. */
  readonly attempt?: { readonly what: string; readonly times: number }
  readonly failure?: FailureNote
  readonly lastTrouble?: Trouble
  readonly held: ReadonlyArray<HeldRecord>
}

export const newSubscription = (
  { partitions, position, categories, types, tags }: NewSubscription,
  now: number,
): SubscriptionRecord => ({
  id: crypto.randomUUID(),
  generation: 0,
  // Above all tokens of a subscription of the same name that was removed.
  first: { position, token: now },
  createdAt: now,
  reads: {
    ...(categories === undefined ? {} : { categories }),
    ...(types === undefined ? {} : { types }),
    ...(tags === undefined ? {} : { tags }),
  },
  instances: {},
  leases: Array.from({ length: partitions }, () => ({ leasedUntil: 0 })),
})

/** A partition that was never worked on. */
export const newPartition = ({ first }: SubscriptionRecord): PartitionRecord => ({
  ...first,
  takeovers: 0,
  held: [],
})

/** Makes a text of a record that no other write has, though it holds the same. */
export const encodeRecord = (record: object): string =>
  JSON.stringify({ ...record, own: crypto.randomUUID() })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The subscription that a value holds, or `undefined`: it holds none. */
export const decodeSubscription = (text: string): SubscriptionRecord | undefined => {
  const value = parsed(text)
  if (!isRecord(value)) return undefined
  const { id, generation, first, instances, leases, reads } = value
  return typeof id === 'string' &&
    typeof generation === 'number' &&
    isRecord(first) &&
    isRecord(instances) &&
    isRecord(reads) &&
    Array.isArray(leases)
    ? (value as unknown as SubscriptionRecord)
    : undefined
}

/** The partition that a value holds, or `undefined`: it holds none. */
export const decodePartition = (text: string): PartitionRecord | undefined => {
  const value = parsed(text)
  if (!isRecord(value)) return undefined
  const { token, position, takeovers, held } = value
  return typeof token === 'number' &&
    typeof position === 'number' &&
    typeof takeovers === 'number' &&
    Array.isArray(held)
    ? (value as unknown as PartitionRecord)
    : undefined
}

/** Why a stream is held back, as a value holds it. */
export const decodeFailure = (text: string | undefined): FailureNote => {
  const value = parsed(text ?? '')
  return isRecord(value) && typeof value['message'] === 'string'
    ? (value as unknown as FailureNote)
    : { message: 'the reason is not known any more' }
}

/** Whether a held stream is due. */
export const isDue = ({ decision, retryAt }: HeldRecord, now: number): boolean =>
  decision !== undefined || (retryAt !== undefined && retryAt <= now)

/** Whether a held stream waits for a decision. */
export const isParked = ({ decision, retryAt }: HeldRecord): boolean =>
  decision === undefined && retryAt === undefined
