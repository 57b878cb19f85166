import type { TaskEither } from 'fp-ts/TaskEither'
import type { MigrationChanged, StoreFailed } from '../errors/store'
import type { EventStore } from './event-store'
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

/**
 * Where events, checkpoints, read models and the outbox are stored: `postgres(db)`, `memory()`. It is passed as
 * it is to everything that runs: `openCategory(category, backend)`, `runProjection(projection)(backend, …)`.
 *
 * Each of those takes the parts that it needs and no others (`Pick<Backend, 'store'>`, say), so a backend that
 * lacks an ability has no such part, and code that needs it does not compile. An ability beyond these is a part, or
 * a function of a part, of that backend's own type: `postgres` gives a `store` with `inTransaction`.
 *
 * @typeParam Transaction - what effects are written with, together with events or a checkpoint.
 */
export interface Backend<Transaction> {
  /** The events. Every append that succeeds signals {@link Backend.wakeUps}. */
  readonly store: EventStore
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
