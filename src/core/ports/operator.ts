import type { TaskEither } from 'fp-ts/TaskEither'
import type {
  InvalidOperation,
  PartitionsApart,
  SubscriptionExists,
  SubscriptionKeepsProjection,
  SubscriptionNotFound,
  SubscriptionRunning,
} from '../errors/operator'
import type { NoEarlierBuild } from '../errors/projection'
import type { StoreFailed } from '../errors/store'
import type { Position } from '../stream'
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

/** What an operator decides about something that failed. `skip`: it never has its effect. */
export type Decision = 'retry' | 'skip'

/**
 * What an action does about instances that hold a lease of the subscription. `refuse`: it fails with
 * `SubscriptionRunning`. `fenceOff`: it takes their leases away. What they have in hand is then not
 * saved, so those events may be handled twice.
 */
export type RunningOwners = 'refuse' | 'fenceOff'

/** A subscription that was found by a name. */
export interface FoundSubscription {
  readonly subscription: string
  /** It keeps a build of this projection up to date. */
  readonly projection: string | undefined
}

/** Which of the held events of a subscription. */
export interface HeldEventRange {
  /** Only events at a later position. 0 or more; 0: from the first one. */
  readonly after: Position
  /** Events at most in this page. 1 or more. */
  readonly limit: number
}

/** How a subscription gets another number of partitions. */
export interface Repartition {
  /** 1 to 1,024. Programs must declare the same number from then on. */
  readonly partitions: number
  readonly owners: RunningOwners
  /**
   * What to do when partitions are at different positions. `refuse`: fail with `PartitionsApart`.
   * `fromLowest`: go on after the lowest of them, so that events up to the highest may be handled twice.
   */
  readonly apart: 'refuse' | 'fromLowest'
}

/**
 * Everything that an operator can know or do: what the command line prints, and what an admin page of
 * one's own is made of. Every action is safe to repeat: the second time it finds its work done. All times
 * are those of the store's own clock, in milliseconds since 1970-01-01 UTC; all ages are in milliseconds.
 * Every adapter passes `operatorContract` of `reprise/testing`.
 *
 * Every method fails with `StoreFailed` when the store refuses or does not answer. The outcome of an
 * action is `unknown` when the connection broke during it: repeat it.
 */
export interface Operator {
  /**
   * Every partition of one subscription, or (without a name) of all, by name and number. Empty: there is
   * none.
   */
  readonly status: (
    subscription?: string,
  ) => TaskEither<StoreFailed, ReadonlyArray<PartitionStatus>>

  /**
   * The subscription that people mean by a name: its own, that of its process manager, or that of the
   * projection whose active build it keeps.
   *
   * Fails with `SubscriptionNotFound`: none of these; it lists names that there are.
   */
  readonly find: (name: string) => TaskEither<StoreFailed | SubscriptionNotFound, FoundSubscription>

  /**
   * The events that a subscription could not handle, by position. Each holds back the later events of its
   * stream, so each held stream has exactly one. Empty: nothing is held back, or there is no such
   * subscription.
   */
  readonly heldEvents: (
    subscription: string,
    range: HeldEventRange,
  ) => TaskEither<StoreFailed, HeldEventPage>

  /**
   * Decides about the held events at these positions; the owner of the partition carries it out. A
   * position at which nothing is held any more is passed over, so a decision never reaches an event that
   * took its place. Answers those that were decided, by position.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly decide: (
    subscription: string,
    decision: Decision,
    positions: ReadonlyArray<Position>,
  ) => TaskEither<StoreFailed | SubscriptionNotFound, ReadonlyArray<HeldEventRef>>

  /**
   * Lets all stopped partitions go on, with the event that has stopped them. Answers their numbers. Where
   * the stop has ended the program, it has to be started again.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly resume: (
    subscription: string,
  ) => TaskEither<StoreFailed | SubscriptionNotFound, ReadonlyArray<number>>

  /**
   * Lets the partition that the event at `position` has stopped go on after it. Answers the number of the
   * partition, in a list; empty: no partition is stopped by an event at this position.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly skipStopped: (
    subscription: string,
    position: Position,
  ) => TaskEither<StoreFailed | SubscriptionNotFound, ReadonlyArray<number>>

  /**
   * Nobody gets a lease of the subscription from now on. Its owners end after the events that they have in
   * hand, which are saved. It stays paused, across restarts of all programs, until `unpause`.
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
   * Takes out of the declared filter what `filter` does not name: nobody will handle it any more, and instances
   * that do not read it get leases again. A program that reads it and is started again declares it again.
   *
   * @param filter - the categories and types that are still to be read. Left out: as they are.
   *
   * Fails with `SubscriptionNotFound`.
   */
  readonly narrow: (
    subscription: string,
    filter: SubscriptionFilter,
  ) => TaskEither<StoreFailed | SubscriptionNotFound, void>

  /**
   * Moves all partitions to `position`, forgets what was held back, and lets stopped ones go on.
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
   * Forgets the subscription, its checkpoints and what it holds back. Of a process manager, the states of
   * its processes and its outbox stay. A program that starts it again begins where it declares.
   *
   * Fails with
   * - `SubscriptionNotFound`: also when it was removed before.
   * - `SubscriptionKeepsProjection`: a program that runs it would begin again, on top of its documents.
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
   * Gives the subscription another name, with its checkpoints and what it holds back. A process manager
   * (`process:<name>`) takes its outbox and the states of its processes with it.
   *
   * @param to - 1 to 255 characters, none of them a control character. For a process manager, and for
   * nothing else, it begins with `process:`.
   *
   * Fails with
   * - `InvalidOperation`: the new name is not as said.
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
   * Gives the subscription another number of partitions, all of them at one position: nothing is passed
   * over. Held streams stay held, in the partition that they belong to then. A stopped partition goes on
   * with the event that has stopped it. Answers the position. With the number that it has already, nothing
   * changes, and the lowest position of its partitions is answered.
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

  /**
   * The builds of a projection that are not removed yet, by version and number: the one that readers see, those that
   * are kept, and those that are being made. Empty: it never had one.
   */
  readonly builds: (projection: string) => TaskEither<StoreFailed, ReadonlyArray<BuildStatus>>

  /**
   * Readers see the newest build again that is kept, whatever it holds, and `from` is removed. Programs that run the
   * version of `from` end with `ProjectionRolledBack`, and do not build it again by themselves. Nothing changes if
   * `from` is not the active build, as when this was done before: so it never goes further back than was decided.
   * Answers the build that is active now.
   *
   * Fails with `NoEarlierBuild`: no earlier build is kept, or there is no such projection. Nothing was changed.
   */
  readonly rollBack: (
    projection: string,
    from: BuildNumbers,
  ) => TaskEither<StoreFailed | NoEarlierBuild, ProjectionBuild>

  /**
   * The commands of a process manager that are not answered yet, in the order in which they were asked
   * for: due, waiting for their time, or parked. Empty also if there is no such process manager.
   *
   * @param process - its own name, without `process:`.
   */
  readonly outbox: (process: string, range: OutboxRange) => TaskEither<StoreFailed, OutboxPage>

  /**
   * Decides about parked commands of a process manager. `retry`: they are due at once. `skip`: they are
   * forgotten. One that is not parked (any more) is passed over. Answers the ids of the others, in the
   * order in which they were asked for.
   */
  readonly decideCommands: (
    process: string,
    decision: Decision,
    ids: ReadonlyArray<string>,
  ) => TaskEither<StoreFailed, ReadonlyArray<string>>

  /**
   * Gives the store another lineage: after it was restored from a backup, or failed over to a replica that
   * lagged. Answers the lineage, 1 to 255 characters. Subscriptions whose checkpoints are kept elsewhere stop
   * with `OtherLineage` until they are reset. Checkpoints of this store that are not ahead of its events take
   * the new lineage and go on. Repeated, it gives yet another one, to the same effect.
   */
  readonly newLineage: () => TaskEither<StoreFailed, string>

  /** How far subscribers can read, and which transactions hold them back. */
  readonly horizon: () => TaskEither<StoreFailed, Horizon>

  /**
   * Looks at everything that a working store needs, and says what to do about the rest. What cannot be
   * looked at is a finding too.
   *
   * Fails with `StoreFailed`: the store cannot be reached, so nothing was looked at.
   */
  readonly examine: () => TaskEither<StoreFailed, ReadonlyArray<Finding>>
}
