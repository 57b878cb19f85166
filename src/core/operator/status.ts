import type { FailureNote } from '../errors/subscription'
import type { DueOutboxCommand } from '../ports/outbox'
import type { HeldStream, MissingFilter } from '../ports/subscription-store'
import type { Position, StreamId, StreamVersion } from '../stream'

/** A number of events, counted up to a limit. */
export interface EventCount {
  /** 0 or more. */
  readonly events: number
  /** There are more of them: `events` is where counting ended. Otherwise it is exact. */
  readonly orMore: boolean
}

/** How far a partition is behind: the committed events that it reads and has not reached. */
export interface Lag extends EventCount {
  /** Seconds since the oldest of those that were counted was recorded. 0: there is none. */
  readonly seconds: number
}

/** A stored failure, and when it occurred. */
export interface Trouble extends FailureNote {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly at: number
}

/**
 * `running`: an instance holds its lease. `stopped`: by its poison policy, until it is resumed. `paused`:
 * by an operator (it may still have an owner, which is about to end). `no owner`: none of these.
 */
export type PartitionState = 'running' | 'no owner' | 'stopped' | 'paused'

/** The build of a projection that a subscription makes. */
export interface OperatedBuild {
  readonly projection: string
  /** Whether it is the active one. */
  readonly isActive: boolean
  /**
   * Until when it is kept: it was active before, so it may lag behind. Milliseconds since 1970-01-01 UTC. Omitted: it
   * is not kept.
   */
  readonly keptUntil?: number
}

/** An instance that got no lease because of its filter: usually one of an older release. */
export interface OutdatedInstance {
  /** What was declared for the subscription and it does not read. */
  readonly missing: MissingFilter
  /** When it was rejected last. Milliseconds since 1970-01-01 UTC. */
  readonly at: number
  /** How long ago that was. Milliseconds. */
  readonly age: number
}

/** One partition of a subscription. Times are milliseconds since 1970-01-01 UTC, ages milliseconds. */
export interface PartitionStatus {
  readonly subscription: string
  /** 0 to `partitions - 1`. */
  readonly partition: number
  /** How many partitions the subscription has. 1 to 1,024. */
  readonly partitions: number
  readonly state: PartitionState
  /** Everything up to here is done, or held back. */
  readonly position: Position
  readonly lag: Lag
  /** The instance that holds the lease. */
  readonly owner: string | undefined
  /** When its last owner gave a sign of life, even if its lease has expired. `undefined`: it has never had an owner. */
  readonly heartbeatAt: number | undefined
  /** How long ago that was. `undefined`: it has never had an owner. */
  readonly heartbeatAge: number | undefined
  /** When the last lease expires, or has expired. `undefined`: there was none, or it was released. */
  readonly leasedUntil: number | undefined
  /** Since when the owner has worked on one batch, as far as it has reported it. */
  readonly busySince: number | undefined
  /** What the owner has reported last, also when it is over. */
  readonly lastTrouble: Trouble | undefined
  /** Why it is stopped. Its `position` is that of the event that has stopped it. */
  readonly failure: FailureNote | undefined
  /** When an operator has paused it. `undefined`: it is not paused. */
  readonly pausedAt: number | undefined
  /** Since the subscription was created. */
  readonly age: number
  /** Held events that wait for a decision. */
  readonly parked: number
  /** Held events that will be retried, or about which a decision was made. */
  readonly waiting: number
  /** Commands of a process manager that wait for a decision. Counted at its partition 0. */
  readonly parkedCommands: number
  /**
   * Commands of a process manager that were ever rejected without a compensation.
   * Counted at its partition 0.
   */
  readonly rejectedCommands: number
  /** What it reads. `undefined`: all. */
  readonly categories: ReadonlyArray<string> | undefined
  readonly types: ReadonlyArray<string> | undefined
  readonly tags: ReadonlyArray<string> | undefined
  /** The last instance that got no lease because of its filter. `undefined`: none ever did. */
  readonly outdated: OutdatedInstance | undefined
  /** The projection whose build it makes. `undefined`: it makes none. */
  readonly build: OperatedBuild | undefined
}

/** Which held event. */
export interface HeldEventRef {
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly position: Position
  readonly type: string
}

/** An event that could not be handled. It holds back the later events of its stream. */
export interface HeldEvent extends HeldStream {
  /** That of its stream: 0 to the number of partitions - 1. */
  readonly partition: number
  /** It waits for a decision. Otherwise it will be retried, or a decision was made. */
  readonly parked: boolean
  /** A decision that the owner has not carried out yet. */
  readonly decision: 'retry' | 'skip' | undefined
  /** When it was tried last. Milliseconds since 1970-01-01 UTC. */
  readonly triedAt: number
  /** When it will be retried automatically. Milliseconds since 1970-01-01 UTC. `undefined`: it will not. */
  readonly retryAt: number | undefined
  /** Later events of its stream that it holds back. Counted up to 1,000. */
  readonly behind: EventCount
}

export interface HeldEventPage {
  readonly events: ReadonlyArray<HeldEvent>
  /** Whether there are events at later positions than these. Exact. */
  readonly more: boolean
}

/** Which commands of an outbox. */
export interface OutboxRange {
  /** `parked`: only those that wait for a decision. */
  readonly which: 'all' | 'parked'
  /** Only commands that were issued after the one with this `sequence`. 0: from the first one. */
  readonly after: number
  /** Commands at most in this page. 1 or more. */
  readonly limit: number
}

/** A command of a process manager that is not answered yet. */
export interface PendingOutboxCommand extends DueOutboxCommand {
  /** Its place in the order in which commands were issued. Increasing, with gaps. */
  readonly sequence: number
  /** The name by which it can be cancelled. `undefined`: it is no timer. */
  readonly timer: string | undefined
  /** When it is due, or tried again. Milliseconds since 1970-01-01 UTC. */
  readonly dueAt: number
  /** It waits for a decision. */
  readonly parked: boolean
  /** Why it could not be sent the last time. */
  readonly failure: FailureNote | undefined
}

export interface OutboxPage {
  readonly commands: ReadonlyArray<PendingOutboxCommand>
  /** Whether there are later commands than these. Exact. */
  readonly more: boolean
}

/** The state of a partition, from what is known of it. */
export const partitionState = ({
  failure,
  pausedAt,
  owner,
}: Pick<PartitionStatus, 'failure' | 'pausedAt' | 'owner'>): PartitionState => {
  if (failure !== undefined) return 'stopped'
  if (pausedAt !== undefined) return 'paused'
  return owner === undefined ? 'no owner' : 'running'
}

/** The name, and which of its partitions if there are several. */
export const partitionTitle = ({
  subscription,
  partition,
  partitions,
}: Pick<PartitionStatus, 'subscription' | 'partition' | 'partitions'>): string =>
  partitions === 1 ? subscription : `${subscription} #${partition}`
