import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { FailureNote, LeaseLost, HandlerFailed } from '../errors/subscription'
import type { Position, StreamId, StreamVersion } from '../stream'

/** The right to work on one partition. It ends by itself unless it is claimed again in time. */
export interface Lease {
  readonly subscription: string
  readonly partition: number
  /** Grows with every change of owner. Every write names it, and only the newest may write. */
  readonly token: number
}

/** A lease, and where its owner goes on. */
export interface HeldLease extends Lease {
  /** Everything up to here is done. */
  readonly position: Position
  /**
   * How many owners in a row have lost the partition without giving it back, and without having got on since
   * (see `forgetAttempts`). 0: the last one has ended as it should. An event may have ended its process.
   */
  readonly takeovers: number
  /** The lineage of the store that `position` was read from. Left out: it is not known yet. */
  readonly lineage?: string
}

/** Which events a subscription reads. Left out: all. */
export interface SubscriptionFilter {
  readonly categories?: ReadonlyArray<string>
  readonly types?: ReadonlyArray<string>
}

/** A subscription on its first day. Its filter belongs to the checkpoint: see `register`. */
export interface NewSubscription extends SubscriptionFilter {
  readonly name: string
  readonly partitions: number
  /** Where all its partitions begin. */
  readonly position: Position
}

/** What a subscription has declared, and an instance does not read. `all`: everything that it does not name. */
export interface MissingFilter {
  readonly categories?: ReadonlyArray<string> | 'all'
  readonly types?: ReadonlyArray<string> | 'all'
}

/** What an instance tells with its claim. Every key may be left out. */
export interface ClaimReport {
  /** What it reads. Left out: everything. */
  readonly filter?: SubscriptionFilter
  /** About partitions that it has, for the operator. Those left out are not busy. */
  readonly partitions?: ReadonlyArray<PartitionReport>
}

/** What the owner of a partition tells of it. */
export interface PartitionReport {
  readonly partition: number
  /** For how long it has been at what it has in hand. Milliseconds. Left out: it is not busy. */
  readonly busyFor?: number
  /** What went wrong last. Left out: nothing since the last report. */
  readonly trouble?: FailureNote
}

/** A partition that stands still until it is resumed. */
export interface StoppedPartition {
  readonly partition: number
  readonly failure: FailureNote
}

/** What a claim answers. */
export interface Claim {
  /** All that this instance may work on now. What is missing here was lost to somebody else. */
  readonly leases: ReadonlyArray<HeldLease>
  /**
   * How many partitions each instance should have. Whoever has more gives the rest back. 0: there is no such
   * subscription, or the filter of the instance is `outdated`.
   */
  readonly share: number
  readonly stopped: ReadonlyArray<StoppedPartition>
  /**
   * What the instance would pass over, although it was declared: it gets no lease. Left out: it reads all
   * that was declared.
   */
  readonly outdated?: MissingFilter
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

/** A held stream whose time has come. */
export interface DueStream extends HeldStream {
  /** `skip`: go on after the event; `retry`: try it (again). */
  readonly decision: 'retry' | 'skip'
}

/** What becomes of a held stream together with a checkpoint. */
export type HoldChange =
  /** From this event on the stream is held back. `retryAfter` in milliseconds; left out: parked. */
  | { readonly _tag: 'Hold'; readonly stream: HeldStream; readonly retryAfter?: number }
  /** Nothing of the stream is held back any more. */
  | { readonly _tag: 'Release'; readonly streamId: StreamId }

/** Where a step begins. */
export interface StepStart {
  readonly lease: Lease
  /** Where the owner believes the checkpoint to be. If it is elsewhere, nothing is written. */
  readonly after: Position
}

/** Where a step ends. */
export interface StepEnd {
  /** From now on everything up to here is done, or held back. */
  readonly position: Position
  /** The lineage of the store that this was read from, to be kept with the checkpoint. Left out: as before. */
  readonly lineage?: string
  readonly holding?: HoldChange
}

/** A step forward. */
export interface CheckpointStep extends StepStart, StepEnd {}

/** How far a subscription is, for somebody who waits for it. */
export interface Arrival {
  /** How far all partitions have come. */
  readonly position: Position
  /** The first partition that stands still. Left out: none does. */
  readonly stopped?: StoppedPartition
  /** The parked event that is waited for, or behind which it stands. Left out: none. */
  readonly parked?: HeldStream
}

/**
 * Where subscriptions keep how far they are, who owns them, and what they could not handle. All times
 * are those of the store's own clock. Every adapter passes `subscriptionStoreContract` of
 * `reprise/testing`.
 *
 * @typeParam Transaction - what effects are written with, together with the checkpoint.
 */
export interface SubscriptionStore<Transaction> {
  /**
   * Creates the subscription, unless it is there. Answers the number of partitions that it has.
   *
   * The declared filter grows by what is new in this registration, and never shrinks by it (see `narrow`).
   * When it grows, all owners are fenced off at once, so that the checkpoint passes nothing of what was just
   * declared; what they have leased stays theirs until the lease runs out. Partitions that were stopped by
   * something undecodable go on: a new release may read it.
   */
  readonly register: (subscription: NewSubscription) => TaskEither<StoreFailed, number>

  /**
   * Asks for partitions, and prolongs those that `instance` has, for `duration` milliseconds from now.
   * Also the sign that the instance is alive: partitions are shared among those who give it. One whose
   * filter lacks something that was declared gets nothing, and takes no share. While the subscription is paused
   * there are no leases.
   *
   * @param report - of partitions that it has. Others are passed over.
   */
  readonly claim: (
    subscription: string,
    instance: string,
    duration: number,
    report?: ClaimReport,
  ) => TaskEither<StoreFailed, Claim>

  /**
   * Prolongs one lease for `duration` milliseconds from now, and asks for nothing more: for an owner that is
   * about to end. Fails with `LeaseLost` when the partition has another owner, or none.
   */
  readonly prolong: (lease: Lease, duration: number) => TaskEither<StoreFailed | LeaseLost, void>

  /** Gives a partition back. One that was lost already stays with its new owner. */
  readonly release: (lease: Lease) => TaskEither<StoreFailed, void>

  /** The instance claims no more: its share is for the others. */
  readonly leave: (subscription: string, instance: string) => TaskEither<StoreFailed, void>

  /** Saves a step for which nothing else is written. */
  readonly save: (progress: CheckpointStep) => TaskEither<StoreFailed | LeaseLost, void>

  /**
   * Saves a step together with what `work` writes: both, or neither. Where the step ends is what `work`
   * answers: it may end before it has done everything.
   *
   * Fails with
   * - what `work` fails with: nothing was written.
   * - `LeaseLost`: somebody else owns the partition, or its checkpoint is not at `after`. Nothing was
   *   written.
   * - `StoreFailed`: with outcome `unknown` it may have been written. Claim again, and see.
   */
  readonly commit: (
    from: StepStart,
    work: (transaction: Transaction) => TaskEither<HandlerFailed | StoreFailed, StepEnd>,
  ) => TaskEither<StoreFailed | LeaseLost | HandlerFailed, void>

  /**
   * Notes that the owner is about to try `what`, before it does: an attempt that ends the process is counted
   * too. Answers how often in a row the same was noted, this time included.
   */
  readonly noteAttempt: (lease: Lease, what: string) => TaskEither<StoreFailed | LeaseLost, number>

  /** What was noted is forgotten, and `takeovers` with it: the partition has got on. */
  readonly forgetAttempts: (lease: Lease) => TaskEither<StoreFailed | LeaseLost, void>

  /** Stops a partition, as its owner, until an operator resumes it. */
  readonly stop: (lease: Lease, failure: FailureNote) => TaskEither<StoreFailed | LeaseLost, void>

  /** All streams that a partition holds back. */
  readonly heldStreams: (lease: Lease) => TaskEither<StoreFailed, ReadonlyArray<StreamId>>

  /** The held streams of a partition whose time has come, or for which an operator has decided. */
  readonly dueStreams: (lease: Lease) => TaskEither<StoreFailed, ReadonlyArray<DueStream>>

  /** Streams of a partition that are parked because of something undecodable become due: they are tried again. */
  readonly retryUndecodable: (lease: Lease) => TaskEither<StoreFailed, void>

  /** How far all partitions have come. `undefined`: there is no such subscription. */
  readonly reached: (subscription: string) => TaskEither<StoreFailed, Position | undefined>

  /**
   * How far a subscription is, for somebody who waits for the event at `position`. `undefined`: there is no
   * such subscription.
   *
   * @param streamId - of that event. Left out: an event that stands behind a parked one is not recognised.
   */
  readonly arrival: (
    subscription: string,
    position: Position,
    streamId?: StreamId,
  ) => TaskEither<StoreFailed, Arrival | undefined>

  /** Forgets the subscription; its owners are fenced off. Answers whether there was one. */
  readonly remove: (subscription: string) => TaskEither<StoreFailed, boolean>
}
