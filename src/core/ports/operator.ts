import type { Either } from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { VersionConflict } from '../errors/conflict'
import type { StreamErased } from '../errors/erased'
import type {
  InvalidOperation,
  PartitionsApart,
  SubscriptionExists,
  SubscriptionKeepsProjection,
  SubscriptionNotFound,
  SubscriptionRunning,
  SubscriptionsBehind,
} from '../errors/operator'
import type { NoEarlierBuild } from '../errors/projection'
import type { StoreFailed } from '../errors/store'
import type { Position, StreamId } from '../stream'
import type { TaggedCategory } from '../tagged-category'
import type {
  ArchivedStream,
  Archiving,
  ClosedStreamsPage,
  ClosedStreamsRange,
  NotArchived,
  Retired,
} from '../operator/archiving'
import type {
  ArchivedStreamsPage,
  ArchivedStreamsRange,
  MoveToFile,
  RangeToWrite,
  UnusedRange,
  WrittenRange,
} from '../operator/moving-to-files'
import type { Closing, Closure } from '../operator/closing'
import type { Erasing, Erasure } from '../operator/erasure'
import type { Truncating, Truncation } from '../operator/truncating'
import type { Forgetting, ForgottenSubject } from '../operator/forgetting'
import type { ActionOutcome, AuditPage, AuditRange, OperatorAction } from '../operator/audit'
import type { Finding } from '../operator/finding'
import type { Horizon } from '../operator/horizon'
import type {
  HeldEventPage,
  HeldEventRef,
  OutboxPage,
  OutboxRange,
  PartitionStatus,
} from '../operator/status'
import type { BuildNumbers, BuildStatus, ProjectionBuild } from './projection-store'
import type { SubscriptionFilter } from './subscription-store'

/** An operator's decision about something that failed. `skip`: it never has its effect. */
export type Decision = 'retry' | 'skip'

/**
 * What an action does about instances that hold a lease of the subscription. `refuse`: it fails with
 * `SubscriptionRunning`. `fenceOff`: it revokes their leases. Work in progress is then not saved, so those
 * events may be handled twice.
 */
export type RunningOwners = 'refuse' | 'fenceOff'

/** A subscription found by a name. */
export interface FoundSubscription {
  readonly subscription: string
  /** The projection of which it keeps a build up to date. `undefined`: none. */
  readonly projection: string | undefined
}

/** Which of the held events of a subscription. */
export interface HeldEventRange {
  /** Only events at a later position. 0 or more; 0: from the first one. */
  readonly after: Position
  /** Events at most in this page. 1 or more. */
  readonly limit: number
}

/** How to change the number of partitions of a subscription. */
export interface Repartition {
  /** 1 to 1,024. Programs must declare the same number from then on. */
  readonly partitions: number
  readonly owners: RunningOwners
  /**
   * What to do when partitions are at different positions. `refuse`: fail with `PartitionsApart`.
   * `fromLowest`: continue after the lowest of them, so that events up to the highest may be handled twice.
   */
  readonly apart: 'refuse' | 'fromLowest'
}

/** Tags of the events of a category: see {@link Operator.saveTags}. */
export interface TagBatch {
  readonly category: string
  /** How far the rebuild was. */
  readonly after: Position
  /** How far it is then: a position up to which no event can appear any more. */
  readonly upTo: Position
  /** The events that have tags, each once; the tags as `NewEvent.tags`. */
  readonly events: ReadonlyArray<{
    readonly position: Position
    readonly tags: ReadonlyArray<string>
  }>
}

/**
 * Everything that an operator can see or do: the command line prints it, and you can build your own admin page
 * on it. Every action is safe to repeat: the second time there is nothing left to do. All times are by the
 * store's own clock, in milliseconds since 1970-01-01 UTC; all ages are in milliseconds. Every adapter passes
 * `operatorContract` of `reprise/testing`.
 *
 * Every method fails with `StoreFailed` when the store rejects the statement or does not answer. The outcome
 * of an action is `unknown` when the connection broke during it: repeat the action.
 */
export interface Operator {
  /**
   * Every partition of one subscription, or (without a name) of all, ordered by name and number. Empty: there
   * is no such subscription, or none at all.
   */
  readonly status: (
    subscription?: string,
  ) => TaskEither<StoreFailed, ReadonlyArray<PartitionStatus>>

  /**
   * The subscription that a name stands for: its own name, that of its process manager, or that of the
   * projection whose active build it keeps up to date.
   *
   * Fails with `SubscriptionNotFound`: none of these; the error lists existing names.
   */
  readonly find: (name: string) => TaskEither<StoreFailed | SubscriptionNotFound, FoundSubscription>

  /**
   * The events that a subscription could not handle, ordered by position. Each holds back the later events of
   * its stream, so each held stream has exactly one. Empty: nothing is held, or there is no such subscription.
   */
  readonly heldEvents: (
    subscription: string,
    range: HeldEventRange,
  ) => TaskEither<StoreFailed, HeldEventPage>

  /**
   * Decides about the held events at these positions; the owner of the partition acts on it. A position at
   * which no event is held any more is ignored, so a decision never applies to an event that took its place.
   * Answers the events decided, ordered by position.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly decide: (
    subscription: string,
    decision: Decision,
    positions: ReadonlyArray<Position>,
  ) => TaskEither<StoreFailed | SubscriptionNotFound, ReadonlyArray<HeldEventRef>>

  /**
   * Lets all stopped partitions continue, with the event that has stopped them. Answers their numbers. A
   * program that the stop has ended must be started again.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly resume: (
    subscription: string,
  ) => TaskEither<StoreFailed | SubscriptionNotFound, ReadonlyArray<number>>

  /**
   * Lets the partition that the event at `position` has stopped continue after it. Answers the number of the
   * partition, in a list; empty: no partition is stopped by an event at this position.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly skipStopped: (
    subscription: string,
    position: Position,
  ) => TaskEither<StoreFailed | SubscriptionNotFound, ReadonlyArray<number>>

  /**
   * Pauses the subscription: no instance gets a lease from now on. Its owners finish and save the events they
   * are handling, then end. It stays paused, across restarts of all programs, until `unpause`.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly pause: (subscription: string) => TaskEither<StoreFailed | SubscriptionNotFound, void>

  /**
   * Ends a pause.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly unpause: (subscription: string) => TaskEither<StoreFailed | SubscriptionNotFound, void>

  /**
   * Removes from the declared filter what `filter` does not name: no instance will handle it any more, and
   * instances that do not read it get leases again. A program that reads it and is started again declares it
   * again.
   *
   * @param filter - the categories, types and tags still to be read. Omitted: unchanged.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly narrow: (
    subscription: string,
    filter: SubscriptionFilter,
  ) => TaskEither<StoreFailed | SubscriptionNotFound, void>

  /**
   * Moves all partitions to `position`, drops what is held, and lets stopped partitions continue.
   *
   * @param position - 0 to the horizon: everything up to it counts as handled.
   *
   * Fails with
   * - `InvalidOperation`: the position is not a whole number, below 0 or above the horizon.
   * - `SubscriptionNotFound`.
   * - `SubscriptionKeepsProjection`: its documents would become wrong.
   * - `SubscriptionRunning`: it has an owner, and `owners` says `refuse`.
   */
  readonly reset: (
    subscription: string,
    position: Position,
    owners: RunningOwners,
  ) => TaskEither<
    | StoreFailed
    | InvalidOperation
    | SubscriptionNotFound
    | SubscriptionKeepsProjection
    | SubscriptionRunning,
    void
  >

  /**
   * Deletes the subscription, its checkpoints and what it holds. The process states and the outbox of a
   * process manager stay. A program that starts it again begins where it declares.
   *
   * Fails with
   * - `SubscriptionNotFound`: also when it was removed before.
   * - `SubscriptionKeepsProjection`: a program that runs it would start over, on top of its documents.
   * - `SubscriptionRunning`: it has an owner, and `owners` says `refuse`.
   */
  readonly remove: (
    subscription: string,
    owners: RunningOwners,
  ) => TaskEither<
    StoreFailed | SubscriptionNotFound | SubscriptionKeepsProjection | SubscriptionRunning,
    void
  >

  /**
   * Renames the subscription, with its checkpoints and what it holds. A process manager (`process:<name>`)
   * takes its outbox and the states of its processes along.
   *
   * @param to - 1 to 255 characters, none of them a control character. It begins with `process:` for a
   * process manager, and for nothing else.
   *
   * Fails with
   * - `InvalidOperation`: the new name is not valid.
   * - `SubscriptionNotFound`: also when it was renamed before.
   * - `SubscriptionExists`: the new name is taken.
   * - `SubscriptionKeepsProjection`: the name of its build belongs to its documents.
   * - `SubscriptionRunning`: it has an owner, and `owners` says `refuse`.
   */
  readonly rename: (
    subscription: string,
    to: string,
    owners: RunningOwners,
  ) => TaskEither<
    | StoreFailed
    | InvalidOperation
    | SubscriptionNotFound
    | SubscriptionExists
    | SubscriptionKeepsProjection
    | SubscriptionRunning,
    void
  >

  /**
   * Changes the number of partitions; all of them start at one position, so nothing is skipped. Held streams
   * stay held, in the partition they then belong to. A stopped partition continues with the event that has
   * stopped it. Answers the position. If the number is unchanged, nothing changes, and the answer is the lowest
   * position of its partitions.
   *
   * Fails with
   * - `InvalidOperation`: the number of partitions is not a whole number from 1 to 1,024.
   * - `SubscriptionNotFound`.
   * - `SubscriptionRunning`: it has an owner, and `owners` says `refuse`.
   * - `PartitionsApart`: they are at different positions, and `apart` says `refuse`.
   * - `SubscriptionKeepsProjection`: they are at different positions, and documents would become wrong.
   */
  readonly repartition: (
    subscription: string,
    repartition: Repartition,
  ) => TaskEither<
    | StoreFailed
    | InvalidOperation
    | SubscriptionNotFound
    | SubscriptionRunning
    | PartitionsApart
    | SubscriptionKeepsProjection,
    Position
  >

  /** The categories whose tags were declared, ordered by name, and how far they can be relied on. */
  readonly taggedCategories: () => TaskEither<StoreFailed, ReadonlyArray<TaggedCategory>>

  /**
   * Begins to rebuild the tags of a category, or goes on with that. From then on the store refuses whatever appends to it
   * without declaring its tags, and what reads by tags is refused, until all events up to `completeAfter` have been given
   * to `saveTags`. Waits for nobody: while a transaction that has appended is open it fails with `StoreFailed`, and can be
   * repeated.
   *
   * @param which - `again`: also if they are complete and enforced, for their function has changed. What has a tag keeps
   *   it.
   *
   * Fails with `InvalidOperation`: that is no name of a category.
   */
  readonly beginTags: (
    category: string,
    which: 'unfinished' | 'again',
  ) => TaskEither<StoreFailed | InvalidOperation, TaggedCategory>

  /**
   * Stores the tags of a category's events above `after` and up to `upTo`: all that there are. Answers how far the
   * rebuild is now. If that is not `upTo`, another process rebuilds them, too, and nothing was stored: go on from there.
   *
   * Fails with `InvalidOperation`: no rebuild of this category was begun, or a tag is none.
   */
  readonly saveTags: (batch: TagBatch) => TaskEither<StoreFailed | InvalidOperation, TaggedCategory>

  /**
   * The builds of a projection that are not removed yet, ordered by version and number: the one that readers see,
   * those that are kept, and those that are being made. Empty: it never had one.
   */
  readonly builds: (projection: string) => TaskEither<StoreFailed, ReadonlyArray<BuildStatus>>

  /**
   * Goes back to the newest build that is kept, whatever it holds, and removes `from`. Programs that run the version of
   * `from` end with `ProjectionRolledBack`, and do not build it again by themselves. Nothing changes if `from` is not
   * the active build, for instance when this was done before: so it never goes further back than was decided. Answers
   * the build that is active now.
   *
   * Fails with `NoEarlierBuild`: no earlier build is kept, or there is no such projection. Nothing was changed.
   */
  readonly rollBack: (
    projection: string,
    from: BuildNumbers,
  ) => TaskEither<StoreFailed | NoEarlierBuild, ProjectionBuild>

  /**
   * The commands of a process manager that are not answered yet, in the order in which they were issued: due,
   * scheduled, or parked. Empty also if there is no such process manager.
   *
   * @param process - its own name, without `process:`.
   */
  readonly outbox: (process: string, range: OutboxRange) => TaskEither<StoreFailed, OutboxPage>

  /**
   * Decides about parked commands of a process manager. `retry`: they are due at once. `skip`: they are
   * deleted. A command that is not parked (any more) is ignored. Answers the ids of the others, in the order
   * in which they were issued.
   */
  readonly decideCommands: (
    process: string,
    decision: Decision,
    ids: ReadonlyArray<string>,
  ) => TaskEither<StoreFailed, ReadonlyArray<string>>

  /**
   * Records what an operator is about to do, before it is done: an action that cannot be recorded should not be carried
   * out. Answers the `sequence` of the entry, for `recordOutcome`. None of the actions above records anything by itself.
   *
   * Fails with `InvalidOperation`: one of the names is not valid, or the detail cannot be stored. Nothing was recorded.
   */
  readonly recordAction: (
    action: OperatorAction,
  ) => TaskEither<StoreFailed | InvalidOperation, number>

  /** Records how an action went. The first outcome stands; of an action that was not recorded none is kept. */
  readonly recordOutcome: (
    sequence: number,
    outcome: ActionOutcome,
  ) => TaskEither<StoreFailed, void>

  /** A page of what operators have done, newest first. Nothing removes an entry. */
  readonly audit: (range: AuditRange) => TaskEither<StoreFailed, AuditPage>

  /**
   * Gives the store another lineage: after it was restored from a backup, or failed over to a replica that
   * lagged. Answers the lineage, 1 to 255 characters. Subscriptions whose checkpoints are kept elsewhere stop
   * with `OtherLineage` until they are reset. Checkpoints of this store that are not ahead of its events take
   * the new lineage and go on. Repeated, it gives yet another one, to the same effect.
   */
  readonly newLineage: () => TaskEither<StoreFailed, string>

  /**
   * Closes a stream: from then on every append to it is refused with `StreamClosed`, by every process, whatever it has in
   * memory. It keeps its events, its version and its snapshots, and is read, loaded and followed as before; a command that was
   * handled before is answered as it was. The audit has an entry about it, written with it: action `close`, the stream's id as its
   * subject, and `why` and `version` in its detail.
   *
   * What the stream has to say at its end is an event as all others: append it first, and close `at` its version.
   *
   * Waits for a writer of this stream, a second at most. Of a stream that was closed before, answers what was written down then,
   * whatever `at` says, and changes nothing.
   *
   * Fails with
   * - `InvalidOperation`: the stream has no events, or an argument is not valid.
   * - `VersionConflict`: it is not at the version `at`.
   * - `StreamErased`: it was erased.
   * - `StoreFailed`: with reason `AccessDenied` this role may not close.
   */
  readonly closeStream: (
    closing: Closing,
  ) => TaskEither<StoreFailed | InvalidOperation | VersionConflict | StreamErased, Closure>

  /** The closed streams that are not in the archive, in the order in which they were closed: to be archived. */
  readonly closedStreams: (range: ClosedStreamsRange) => TaskEither<StoreFailed, ClosedStreamsPage>

  /**
   * Moves closed streams to the archive, with the tags of their events: all of what can be archived, or nothing. What is copied is
   * compared with what there was, by checksum, before that is deleted. An archived stream is read and loaded as before, more slowly,
   * and stays closed; the marks of its commands stay, too, and its snapshots are deleted. It is followed no more: it is left out of
   * reads of the whole store, of the list of streams, of reads by tag, of exports and of whatever is rebuilt; see `retired`. The audit
   * has an entry about each, written with it: action `archive`, the stream's id as its subject, and `why`, `events` and `checksum`
   * in its detail.
   *
   * Answers for each, in the order in which they were named: what was written down about it, also if it was archived before; or why
   * it was not archived:
   * - `InvalidOperation`: it is not closed; or its events have tags, and `tagged` says `refuse`.
   * - `SubscriptionsBehind`: subscriptions that may want its events have not handled all of them, or hold one.
   * - `StreamErased`: it was erased.
   *
   * Fails with
   * - `InvalidOperation`: an argument is not valid.
   * - `StoreFailed`: with reason `AccessDenied` this role may not archive.
   */
  readonly archive: (
    archiving: Archiving,
  ) => TaskEither<
    StoreFailed | InvalidOperation,
    ReadonlyArray<Either<NotArchived, ArchivedStream>>
  >

  /** The archived streams, in the order in which they were archived. */
  readonly archivedStreams: (
    range: ArchivedStreamsRange,
  ) => TaskEither<StoreFailed, ArchivedStreamsPage>

  /**
   * Begins to move archived streams out to a file: gives a range of the file to the caller, and what is to be written there. It comes
   * after everything that was given before; no byte of a file is given twice. Write it, have the disk keep it (fsync), read it again, and
   * call `finishMoveToFile`. Until that has answered nothing has moved. A process that has begun before to write to this file, and has not
   * finished, cannot finish any more.
   *
   * Streams of more than 67,108,864 bytes are left out. `undefined`: there is nothing to write.
   *
   * Fails with
   * - `InvalidOperation`: an argument is not valid; or the file is not what `expects` says, or was begun by a store of another lineage.
   * - `StoreFailed`: with reason `AccessDenied` this role may not do it.
   */
  readonly beginMoveToFile: (
    moving: MoveToFile,
  ) => TaskEither<StoreFailed | InvalidOperation, RangeToWrite | undefined>

  /**
   * Ends it: the streams of the range are in the file from then on, and only there. All of them, or none. Reading one of them
   * needs the file: see `ArchiveFiles`. The audit has an entry about each: action `move to file`, the stream's id as its subject.
   *
   * Fails with
   * - `InvalidOperation`: the file holds something else than was to be written; another process has begun to write to it, or one of the
   *   streams was erased; or an argument is not valid. Nothing has moved. The range is then one of `unusedRanges`, sooner or later.
   * - `StoreFailed`: with outcome `unknown` they may have moved: `archivedStreams` knows.
   */
  readonly finishMoveToFile: (
    written: WrittenRange,
  ) => TaskEither<StoreFailed | InvalidOperation, ReadonlyArray<StreamId>>

  /**
   * Ranges of archive files that hold nothing that counts, but may hold bytes of streams that were erased, or were not moved in the end.
   * Overwrite them with something else, and call `rangeOverwritten`.
   */
  readonly unusedRanges: () => TaskEither<StoreFailed, ReadonlyArray<UnusedRange>>

  /** A range was overwritten: it is none of `unusedRanges` any more. */
  readonly rangeOverwritten: (range: number) => TaskEither<StoreFailed, void>

  /**
   * Replaces the events of a stream up to a version by a summary, an event that takes the version, the position and the time of the
   * last of them: the new beginning of the stream. Versions go on, and no later event is touched: appends go on meanwhile. Whoever
   * reads from the start gets the summary first, its metadata with `beginning: true`, and begins with the initial state there,
   * whatever state it has in memory. The state at an earlier version, or time, cannot be had any more (`StoreFailed` with
   * reason `Truncated`), nor can the answer to an earlier command be repeated; it is not carried out again. Snapshots from the version on stay. The tags of the
   * stream's earlier events are gone: the summary has its own. The audit has an entry about it, written with it: action `truncate`,
   * the stream's id as its subject, and `why` and `upTo` in its detail.
   *
   * Of a stream that was truncated there before, answers what was written down then, and changes nothing.
   *
   * Fails with
   * - `InvalidOperation`: there is no event of that version; the stream is archived, or in a hash chain; the summary cannot be
   *   stored; or another argument is not valid.
   * - `SubscriptionsBehind`: subscriptions that may want the events have not handled all of them, or hold one of the stream.
   * - `StreamErased`: it was erased.
   * - `StoreFailed`: with reason `AccessDenied` this role may not truncate.
   */
  readonly truncateStream: (
    truncating: Truncating,
  ) => TaskEither<StoreFailed | InvalidOperation | SubscriptionsBehind | StreamErased, Truncation>

  /** How much has left the sight of whatever starts from the beginning: a rebuild, a new subscription, an export. */
  readonly retired: () => TaskEither<StoreFailed, Retired>

  /**
   * Erases a stream for ever: its events with their tags, the marks of its commands, its snapshots, what subscriptions hold
   * of it, and the documents that are named. All of it, or nothing. From then on every append, load and read of the stream
   * is answered with `StreamErased`, by every process, whatever it has in memory. The audit has an entry about it, written with it:
   * action `erase`, the stream's id as its subject, and `why` and `events` in its detail. Readers of the whole store, conditions and
   * the horizon are not affected: no position becomes free. What was handled before is not taken back, and a subscription
   * that is at work just now may still handle what it has read.
   *
   * Waits for nobody: while a transaction that has appended is open it fails with `StoreFailed`, and can be repeated. Of a
   * stream that was erased before, answers what was written down then, and changes nothing.
   *
   * Fails with
   * - `InvalidOperation`: the stream has no events, or an argument is not valid.
   * - `StoreFailed`: with reason `AccessDenied` this role may not erase.
   */
  readonly erase: (erasing: Erasing) => TaskEither<StoreFailed | InvalidOperation, Erasure>

  /**
   * Forgets a person: destroys the key of a subject, for ever. What was stored about it stays, and reads as the placeholder
   * of its codec from then on: in events, snapshots, documents and the outbox. Other processes hear of it and
   * drop what they have in memory; one that does not hear of it does so after `cacheFor`. The subject never gets another key:
   * events with new personal data about it are refused. The audit has an entry, written with it: action
   * `forget`, the subject, and `why` in its detail.
   *
   * Of a subject that was forgotten before, answers what was written down then, and changes nothing.
   *
   * Fails with
   * - `InvalidOperation`: there is no personal data of the subject, or an argument is not valid.
   * - `StoreFailed`: with reason `AccessDenied` this role may not do it.
   */
  readonly forgetSubject: (
    forgetting: Forgetting,
  ) => TaskEither<StoreFailed | InvalidOperation, ForgottenSubject>

  /** How far subscribers can read, and which transactions hold them back. */
  readonly horizon: () => TaskEither<StoreFailed, Horizon>

  /**
   * Checks everything that a working store needs, and says how to fix what is wrong. What cannot be checked
   * is a finding too.
   *
   * Fails with `StoreFailed`: the store cannot be reached, so nothing was checked.
   */
  readonly examine: () => TaskEither<StoreFailed, ReadonlyArray<Finding>>
}
