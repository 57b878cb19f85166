import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { FailureNote, FencedOff, HandlerFailed } from '../errors/subscription'
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
}

/** A subscription on its first day. */
export interface NewSubscription {
  readonly name: string
  readonly partitions: number
  /** Where all its partitions begin. */
  readonly position: Position
  /** For the operator's view: what it reads. Left out: all. */
  readonly categories?: ReadonlyArray<string>
  readonly types?: ReadonlyArray<string>
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
  /** How many partitions each instance should have. Whoever has more gives the rest back. */
  readonly share: number
  readonly stopped: ReadonlyArray<StoppedPartition>
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
export type Holding =
  /** From this event on the stream is held back. `retryAfter` in milliseconds; left out: parked. */
  | { readonly _tag: 'Hold'; readonly stream: HeldStream; readonly retryAfter?: number }
  /** Nothing of the stream is held back any more. */
  | { readonly _tag: 'Release'; readonly streamId: StreamId }

/** A step forward. */
export interface Progress {
  readonly lease: Lease
  /** Where the owner believes the checkpoint to be. If it is elsewhere, nothing is written. */
  readonly after: Position
  /** From now on everything up to here is done, or held back. */
  readonly position: Position
  readonly holding?: Holding
}

/** What an owner reports about one of its partitions with its heartbeat, for the operator's view. */
export interface PartitionReport {
  readonly partition: number
  /** Milliseconds for which it has worked on its batch. Left out: it is not working on one. */
  readonly busyFor?: number
  /** What has gone wrong since the last report. Left out: nothing, and what was reported before stays. */
  readonly trouble?: FailureNote
}

/**
 * Where subscriptions keep how far they are, who owns them, and what they could not handle. All times
 * are those of the store's own clock. Every adapter passes `subscriptionStoreContract` of
 * `reprise/testing`.
 *
 * @typeParam Transaction - what effects are written with, together with the checkpoint.
 */
export interface SubscriptionStore<Transaction> {
  /** Creates the subscription, unless it is there. Answers the number of partitions that it has. */
  readonly register: (subscription: NewSubscription) => TaskEither<StoreFailed, number>

  /**
   * Asks for partitions, and prolongs those that `instance` has, for `duration` milliseconds from now.
   * Also the sign that the instance is alive: partitions are shared among those who give it. While the
   * subscription is paused there are no leases.
   *
   * @param reports - for the operator's view, of partitions that it has. Others are passed over.
   */
  readonly claim: (
    subscription: string,
    instance: string,
    duration: number,
    reports?: ReadonlyArray<PartitionReport>,
  ) => TaskEither<StoreFailed, Claim>

  /** Gives a partition back. One that was lost already stays with its new owner. */
  readonly release: (lease: Lease) => TaskEither<StoreFailed, void>

  /** The instance claims no more: its share is for the others. */
  readonly leave: (subscription: string, instance: string) => TaskEither<StoreFailed, void>

  /** Saves a step for which nothing else is written. */
  readonly save: (progress: Progress) => TaskEither<StoreFailed | FencedOff, void>

  /**
   * Saves a step together with what `work` writes: both, or neither.
   *
   * Fails with
   * - what `work` fails with: nothing was written.
   * - `FencedOff`: somebody else owns the partition, or its checkpoint is not at `after`. Nothing was
   *   written.
   * - `StoreFailed`: with outcome `unknown` it may have been written. Claim again, and see.
   */
  readonly commit: (
    progress: Progress,
    work: (transaction: Transaction) => TaskEither<HandlerFailed | StoreFailed, void>,
  ) => TaskEither<StoreFailed | FencedOff | HandlerFailed, void>

  /** Stops a partition, as its owner, until an operator resumes it. */
  readonly halt: (lease: Lease, failure: FailureNote) => TaskEither<StoreFailed | FencedOff, void>

  /** All streams that a partition holds back. */
  readonly held: (lease: Lease) => TaskEither<StoreFailed, ReadonlyArray<StreamId>>

  /** The held streams of a partition whose time has come, or for which an operator has decided. */
  readonly due: (lease: Lease) => TaskEither<StoreFailed, ReadonlyArray<DueStream>>

  /** How far all partitions have come. `undefined`: there is no such subscription. */
  readonly reached: (subscription: string) => TaskEither<StoreFailed, Position | undefined>

  /** Forgets the subscription; its owners are fenced off. Answers whether there was one. */
  readonly remove: (subscription: string) => TaskEither<StoreFailed, boolean>
}
