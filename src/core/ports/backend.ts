import type { TaskEither } from 'fp-ts/TaskEither'
import type { MigrationChanged, StoreFailed } from '../errors/store'
import type { EventSource } from './event-source'
import type { EventStore, StreamStore } from './event-store'
import type { Operator } from './operator'
import type { Projections } from './projection-store'
import type { Outbox } from './outbox'
import type { BackendSubjectKeys } from './subject-keys'
import type { SubscriptionStore } from './subscription-store'
import type { WakeUps } from './wake-ups'

/** What {@link Backend.migrate} has found and done. */
export interface Migrated {
  /** The names of the migrations that were run now, oldest first. */
  readonly applied: ReadonlyArray<string>
  /** The names of those that had been run before. */
  readonly present: ReadonlyArray<string>
}

/** What followers read: a source, and its streams one by one, for those that are held. */
export type FollowedStore = EventSource & Pick<StreamStore, 'read'>

/**
 * One source of events, and all that is kept by its positions: whatever follows events runs on one of these. Each of the
 * functions that run takes the parts that it needs and no others (`Pick<Source, 'subscriptions'>`, say), so a source that
 * lacks an ability has no such part, and code that needs it does not compile.
 *
 * @typeParam Transaction - what effects are written with, together with a checkpoint.
 */
export interface Source<Transaction> {
  readonly store: FollowedStore
  /** Checkpoints and leases. */
  readonly subscriptions: SubscriptionStore<Transaction>
  /** Read models. */
  readonly documents: Projections<Transaction>
  /** The commands that process managers have issued, until they are answered. */
  readonly outbox: Outbox<Transaction>
  /** The keys of subjects, wrapped: for `rotateMasterKey`. */
  readonly subjectKeys: BackendSubjectKeys<Transaction>
  /** Everything that an operator can see or do. */
  readonly operator: Operator
  /** Hints of new events. Whatever follows a store listens to them by itself. */
  readonly wakeUps: WakeUps
}

/** One of several sources of a backend. */
export interface NamedSource<Transaction> extends Source<Transaction> {
  /** Its name: no two sources of a backend share one. 1 to 63 characters. */
  readonly source: string
}

/** How a backend is set up and taken down. */
export interface Administration {
  /**
   * Makes the tables, or brings them up to date: all of it, or nothing. Safe to run from several processes at
   * once, and again. In memory there is nothing to do.
   *
   * Fails with
   * - `MigrationChanged`: a migration that was run before has another text now. Nothing was changed.
   * - `StoreFailed`: the store rejected a migration, or did not answer.
   */
  readonly migrate: TaskEither<MigrationChanged | StoreFailed, Migrated>
  /**
   * Closes what the backend has opened itself: it stops listening. What it was given (a pool, a Kysely) stays open;
   * the caller ends it afterwards. Stop what runs on the backend first. Never fails; safe to repeat.
   */
  readonly close: () => Promise<void>
}

/**
 * Where events, checkpoints, read models and the outbox are stored: `postgres(db)`, `memory()`. It is passed as
 * it is to everything that runs: `openCategory(category, backend)`, `runProjection(projection)(backend, …)`.
 *
 * It is its own and only {@link Source}. An ability beyond these parts is a part, or a function of a part, of that
 * backend's own type: `postgres` gives a `store` with `inTransaction`.
 */
export interface Backend<Transaction> extends Source<Transaction>, Administration {
  /** The events. Every append that succeeds signals {@link Source.wakeUps}. */
  readonly store: EventStore
}

/**
 * A backend whose events lie in several sources, each with positions of its own: shards, or the streams of a broker.
 * Commands see one store: `openCategory(category, backend)`. What follows events runs once on each source, and an
 * operator looks at each.
 */
export interface SeveralSources<Transaction> extends Administration {
  /** The events. Every append that succeeds signals the wake-ups of the source that its stream is in. */
  readonly store: StreamStore
  readonly sources: readonly [NamedSource<Transaction>, ...ReadonlyArray<NamedSource<Transaction>>]
}
