import type { TaskEither } from 'fp-ts/TaskEither'
import type { TablesNotCreated } from '../errors/projection'
import type { StoreFailed } from '../errors/store'
import type { HandlerContext } from '../handler-context'
import type { RecordedEvent } from '../recorded-event'
import type { OfVersion, ProjectionBuild } from './projection-store'

/** The tables of a projection. Each build has tables of its own. */
export interface BuildTables<Transaction> {
  /** At least one. */
  readonly names: ReadonlyArray<string>
  /** Creates all of them in `transaction`, where their names mean those of the build. A Left rolls it back. */
  readonly create: (transaction: Transaction) => TaskEither<unknown, unknown>
  /** The schema in which a view of each table shows the active build. Omitted: there are no views. */
  readonly views?: string
}

/** How events get into tables: one by one, or all of a batch at once. */
export type TableHandling<Event, Transaction> =
  | {
      /** A Left, a rejected promise or an exception is a failure of the event; nothing of it is stored. */
      readonly handle: (
        event: RecordedEvent<Event>,
        transaction: Transaction,
        context: HandlerContext,
      ) => TaskEither<unknown, unknown>
    }
  | {
      /** The same of a batch: which event has caused the failure is found by smaller batches. */
      readonly handleBatch: (
        events: ReadonlyArray<RecordedEvent<Event>>,
        transaction: Transaction,
        context: HandlerContext,
      ) => TaskEither<unknown, unknown>
    }

/**
 * Tables that belong to builds: a backend has this if its transactions can have tables. Switching to another build,
 * going back, and removing a build (`activate`, `rollBack`, `sweep` of `Projections`) include its tables.
 *
 * Every method fails with `StoreFailed` when the store rejects a statement or does not answer.
 */
export interface OwnTables<Transaction> {
  /**
   * Creates the tables of a build, unless it has them or is not being made any more. Safe to call from several processes at once.
   *
   * Fails with `TablesNotCreated`: `create` has failed or not created all of the tables, or the schema of the views
   * holds something else under one of the names. Nothing was changed.
   */
  readonly prepare: (
    projection: string,
    build: ProjectionBuild,
    tables: BuildTables<Transaction>,
  ) => TaskEither<StoreFailed | TablesNotCreated, void>

  /**
   * From now until the end of `transaction`, the names of the tables mean those of the build, which is not removed
   * before. Fails with `StoreFailed` (`NotMigrated`) if it has no tables, or is being removed.
   */
  readonly bind: (transaction: Transaction, build: ProjectionBuild) => TaskEither<StoreFailed, void>

  /**
   * Runs `query` in a transaction that can only read, bound to the newest build of `version`: the active build, or
   * one that is kept. `undefined`: the projection never had a build.
   *
   * @param query - a rejection is a `StoreFailed`.
   */
  readonly read: <Result>(
    projection: string,
    version: number,
    query: (transaction: Transaction) => Promise<Result>,
  ) => TaskEither<StoreFailed, OfVersion<Result> | undefined>
}
