import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { FailureNote, LeaseLost, HandlerFailed } from '../errors/subscription'
import type { Position, StreamId, StreamVersion } from '../stream'

/** The right to work on one partition. It expires unless it is claimed again in time. */
export interface Lease {
  readonly subscription: string
  /** Which one: 0 to the number of partitions - 1. */
  readonly partition: number
  /** The fencing token: grows with every change of owner. Every write carries it; only the newest may write. */
  readonly token: number
}

/** A lease, and where its owner continues. */
export interface HeldLease extends Lease {
  /** Everything up to here is done. */
  readonly position: Position
  /**
   * How many owners in a row have lost the partition without releasing it, and without progress since (see
   * `forgetAttempts`). 0: the last owner ended properly. Otherwise an event may have crashed its process.
   */
  readonly takeovers: number
  /** The lineage of the store that `position` was read from. Omitted: not known yet. */
  readonly lineage?: string
}

/** Which events a subscription reads. Omitted: all. */
export interface SubscriptionFilter {
  readonly categories?: ReadonlyArray<string>
  readonly types?: ReadonlyArray<string>
  /** Only events with one of these tags. */
  readonly tags?: ReadonlyArray<string>
}

/** A subscription to be created. Its filter belongs to the checkpoint: see `register`. */
export interface NewSubscription extends SubscriptionFilter {
  readonly name: string
  /** How many partitions it has. 1 to 1,024. */
  readonly partitions: number
  /** Where all its partitions begin. */
  readonly position: Position
}

/** What was declared for a subscription and an instance does not read. `all`: everything that it does not name. */
export interface MissingFilter {
  readonly categories?: ReadonlyArray<string> | 'all'
  readonly types?: ReadonlyArray<string> | 'all'
  readonly tags?: ReadonlyArray<string> | 'all'
}

/** What an instance reports with its claim. Every key is optional. */
export interface ClaimReport {
  /** What it reads. Omitted: everything. */
  readonly filter?: SubscriptionFilter
  /** About its partitions, for the operator. Those omitted are not busy. */
  readonly partitions?: ReadonlyArray<PartitionReport>
}

/** What the owner of a partition reports about it. */
export interface PartitionReport {
  /** Which one: 0 to the number of partitions - 1. */
  readonly partition: number
  /** For how long it has been handling the current batch. Milliseconds. Omitted: it is not busy. */
  readonly busyFor?: number
  /** The last failure. Omitted: none since the last report. */
  readonly trouble?: FailureNote
}

/** A partition that is stopped until it is resumed. */
export interface StoppedPartition {
  /** Which one: 0 to the number of partitions - 1. */
  readonly partition: number
  readonly failure: FailureNote
}

/** The answer to a claim. */
export interface Claim {
  /** All partitions that this instance may work on now. One that is missing here was lost to another instance. */
  readonly leases: ReadonlyArray<HeldLease>
  /**
   * How many partitions each instance should have. An instance that has more releases the rest. 0: there is no
   * such subscription, or the filter of the instance is `outdated`.
   */
  readonly share: number
  readonly stopped: ReadonlyArray<StoppedPartition>
  /**
   * What was declared and the instance would skip: it gets no lease. Omitted: it reads all that was declared.
   */
  readonly outdated?: MissingFilter
  /**
   * How far the store could be read when it was answered: an owner that is there need not read. Only a hint. Omitted:
   * the store does not say, and its readers poll.
   */
  readonly readable?: Position
  /**
   * In how many milliseconds the next command of a process manager is due; 0 or less: it is. Omitted: there is none, or
   * the store does not say how far it is `readable` either.
   */
  readonly dueIn?: number
}

/** A stream that is held back, because one of its events could not be handled. */
export interface HeldStream {
  readonly streamId: StreamId
  /** The event that could not be handled. */
  readonly version: StreamVersion
  readonly position: Position
  readonly eventId: string
  readonly type: string
  /** How often it was tried. */
  readonly attempts: number
  readonly failure: FailureNote
}

/** A held stream that is due. */
export interface DueStream extends HeldStream {
  /** `skip`: continue after the event; `retry`: try it (again). */
  readonly decision: 'retry' | 'skip'
}

/** A change of a held stream, saved together with a checkpoint. */
export type HoldChange =
  /** From this event on the stream is held. `retryAfter` in milliseconds; omitted: parked. */
  | { readonly _tag: 'Hold'; readonly stream: HeldStream; readonly retryAfter?: number }
  /** The stream is not held any more. */
  | { readonly _tag: 'Release'; readonly streamId: StreamId }

/** Where a step begins. */
export interface StepStart {
  readonly lease: Lease
  /** Where the owner expects the checkpoint. If it is elsewhere, nothing is written. */
  readonly after: Position
}

/** Where a step ends. */
export interface StepEnd {
  /** From now on everything up to here is done, or held. */
  readonly position: Position
  /** The lineage of the store that this was read from, stored with the checkpoint. Omitted: unchanged. */
  readonly lineage?: string
  readonly holding?: HoldChange
}

/** A step forward. */
export interface CheckpointStep extends StepStart, StepEnd {}

/** How far a subscription is, for a caller that waits for it. */
export interface Arrival {
  /** How far all partitions have come. */
  readonly position: Position
  /** The first partition that is stopped. Omitted: none is. */
  readonly stopped?: StoppedPartition
  /** The awaited event if it is parked, or the parked event of its stream that holds it back. Omitted: none. */
  readonly parked?: HeldStream
}

/**
 * Where the checkpoints, the leases and the held streams of subscriptions are stored. All times are by the
 * store's own clock. Every adapter passes `subscriptionStoreContract` of `reprise/testing`.
 *
 * Every method fails with `StoreFailed` when the store rejects the statement or does not answer, and every one
 * that takes a lease to write with fails with `LeaseLost` when that lease has another owner, or none.
 *
 * @typeParam Transaction - the transaction in which effects are written, together with the checkpoint.
 */
export interface SubscriptionStore<Transaction> {
  /**
   * Creates the subscription, unless it exists. Answers the number of partitions that it has.
   *
   * The declared filter grows by what is new in this registration, and never shrinks by it (see `narrow`).
   * When it grows, all owners are fenced off at once, so that the checkpoint does not skip what was just
   * declared; their partitions stay leased to them until the lease expires. Partitions that were stopped by
   * something undecodable continue: a new release may decode it.
   */
  readonly register: (subscription: NewSubscription) => TaskEither<StoreFailed, number>

  /**
   * Claims partitions, and extends the leases that `instance` has, for `duration` milliseconds from now. Also
   * the heartbeat of the instance: partitions are shared among the instances that claim. An instance whose
   * filter lacks something that was declared gets nothing, and takes no share. While the subscription is
   * paused there are no leases.
   *
   * @param duration - milliseconds, 1 or more.
   * @param report - about partitions that it has. Others are ignored.
   */
  readonly claim: (
    subscription: string,
    instance: string,
    duration: number,
    report?: ClaimReport,
  ) => TaskEither<StoreFailed, Claim>

  /**
   * Extends one lease to `duration` milliseconds from now, and claims nothing else: for an owner that is about
   * to end. Fails with `LeaseLost` when the partition has another owner, or none.
   */
  readonly prolong: (lease: Lease, duration: number) => TaskEither<StoreFailed | LeaseLost, void>

  /** Releases a partition. One that was lost already stays with its new owner. */
  readonly release: (lease: Lease) => TaskEither<StoreFailed, void>

  /** The instance claims no more: its share goes to the others. */
  readonly leave: (subscription: string, instance: string) => TaskEither<StoreFailed, void>

  /** Saves a step for which nothing else is written. */
  readonly save: (progress: CheckpointStep) => TaskEither<StoreFailed | LeaseLost, void>

  /**
   * Saves a step together with what `work` writes: both, or neither. `work` answers where the step ends; it
   * may end before everything is done.
   *
   * Fails with
   * - the error of `work`: nothing was written.
   * - `LeaseLost`: another instance owns the partition, or its checkpoint is not at `after`. Nothing was
   *   written.
   * - `StoreFailed`: with outcome `unknown` it may have been written. Claim again, and read the checkpoint.
   */
  readonly commit: (
    from: StepStart,
    work: (transaction: Transaction) => TaskEither<HandlerFailed | StoreFailed, StepEnd>,
  ) => TaskEither<StoreFailed | LeaseLost | HandlerFailed, void>

  /**
   * Records that the owner is about to try `what`, before it does, so that an attempt that crashes the process
   * is counted too. Answers how often in a row the same was recorded, this time included.
   */
  readonly noteAttempt: (lease: Lease, what: string) => TaskEither<StoreFailed | LeaseLost, number>

  /** Deletes the recorded attempts, and resets `takeovers`: the partition has made progress. */
  readonly forgetAttempts: (lease: Lease) => TaskEither<StoreFailed | LeaseLost, void>

  /** Stops a partition, as its owner, until an operator resumes it. */
  readonly stop: (lease: Lease, failure: FailureNote) => TaskEither<StoreFailed | LeaseLost, void>

  /** All streams that a partition holds back. */
  readonly heldStreams: (lease: Lease) => TaskEither<StoreFailed, ReadonlyArray<StreamId>>

  /** The held streams of a partition that are due, or for which an operator has decided. */
  readonly dueStreams: (lease: Lease) => TaskEither<StoreFailed, ReadonlyArray<DueStream>>

  /** Makes streams due that are parked because of something undecodable: a new release may decode it. */
  readonly retryUndecodable: (lease: Lease) => TaskEither<StoreFailed, void>

  /** How far all partitions have come. `undefined`: there is no such subscription. */
  readonly reached: (subscription: string) => TaskEither<StoreFailed, Position | undefined>

  /**
   * How far a subscription is, for a caller that waits for the event at `position`. `undefined`: there is no
   * such subscription.
   *
   * @param streamId - of that event. Omitted: an event that is held back by a parked one is not recognised.
   */
  readonly arrival: (
    subscription: string,
    position: Position,
    streamId?: StreamId,
  ) => TaskEither<StoreFailed, Arrival | undefined>

  /** Deletes the subscription; its owners are fenced off. Answers whether there was one. */
  readonly remove: (subscription: string) => TaskEither<StoreFailed, boolean>
}
