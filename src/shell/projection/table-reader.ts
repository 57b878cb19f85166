import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import { projectionNotBuilt, type TableError } from '../../core/errors/projection'
import type { TableProjection } from '../../core/projection'
import { buildFound, type BuildReader, type ProjectionSource, untilBuilt } from './reader'
import { tablesOf } from './table-effects'

/**
 * Reads the tables of a projection. Readers see the newest build of the version that they declare: the active build, or
 * one that is kept after another version has taken over.
 */
export interface TableReader<Transaction> extends BuildReader {
  /**
   * Runs `query` in a transaction that can only read. Names without a schema mean the tables of the build, and then
   * whatever they meant before. All statements of one call see the same build.
   *
   * Fails with
   * - `ProjectionOutdated`: a later version is active, and no build of this version is kept any more.
   * - `ProjectionNotBuilt`: an earlier version is active, or none; this one is still being built. `until` waits instead.
   * - `StoreFailed`: `query` was rejected (its `cause` says why), or the store did not answer.
   */
  readonly read: <Result>(
    query: (transaction: Transaction) => Promise<Result>,
  ) => TaskEither<TableError, Result>
}

/**
 * A reader of a projection with tables: of the newest build of the declared version.
 *
 * @example
 * const rows = await tableReader(deposits)(backend).read((db) => db.selectFrom('deposits').selectAll().execute())()
 */
export const tableReader =
  <Event, Transaction>({ name, version }: TableProjection<Event, Transaction>) =>
  (backend: ProjectionSource<Transaction>): TableReader<Transaction> => ({
    read: (query) =>
      pipe(
        TE.fromEither(tablesOf(backend.documents)),
        TE.flatMap((tables) => tables.read(name, version, query)),
        TE.flatMapEither((answer) =>
          answer === undefined
            ? E.left(projectionNotBuilt(name, version, 0))
            : buildFound({ name, version }, answer),
        ),
      ),
    until: untilBuilt({ name, version }, backend),
  })
