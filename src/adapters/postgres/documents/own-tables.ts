import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { type TablesNotCreated, tablesNotCreated } from '../../../core/errors/projection'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import type { OwnTables } from '../../../core/ports/own-tables'
import type { OfVersion } from '../../../core/ports/projection-store'
import { isNameTaken, toStoreFailed } from '../connection/errors'
import { named, readRows, withoutPlugins, writeRows } from '../connection/query'
import { transactionsOn } from '../connection/transaction'
import { quoteIdentifier } from '../schema/names'
import { type SeenRow, seenBuild, seenOf } from './version-reads'

const begin = (schema: string): string => `
select ${schema}.begin_tables($1::text, $2::text, (select $3::text[]), $4::text) as "tableSchema"`

const missing = (schema: string): string => `
select to_jsonb(${schema}.missing_tables($1::text)) as tables`

const use = (schema: string): string => `
select ${schema}.use_tables($1::text) as "tableSchema"`

// Locked first, then looked at again: what is bound is not removed before the transaction has ended.
const useSeen = (schema: string): string => `
with ${seenOf(schema)}
select seen.*, set_config('transaction_read_only', 'on', true),
       case when seen.collection is not null then ${schema}.use_tables(seen.collection) end as "tableSchema"
from seen`

interface Bound {
  readonly tableSchema: string | null
}

const unbound = (collection: string): StoreFailed =>
  storeFailed(
    'NotMigrated',
    'nothingWritten',
    undefined,
    `${collection} has no tables, or has just been removed`,
  )

/** The failure of a query of the application, which does not say anything about the library's own tables. */
const queryFailed = (cause: unknown): StoreFailed => {
  const failed = toStoreFailed('none')(cause)
  return failed.reason === 'NotMigrated'
    ? storeFailed('Unexpected', 'nothingWritten', cause)
    : failed
}

/**
 * Tables that belong to builds: each build has a schema of its own. What decides is in the functions of the schema:
 * see migrations/0001_reprise.sql.
 *
 * @param idleTimeout - milliseconds.
 */
export const ownTables = <Database>(
  db: Kysely<Database>,
  schema: string,
  idleTimeout: number,
): OwnTables<Transaction<Database>> => {
  const name = quoteIdentifier(schema)
  const statements = {
    begin: begin(name),
    missing: missing(name),
    use: named('use_tables', use(name)),
    useSeen: named('use_tables_of_version', useSeen(name)),
  }
  const runInTransaction = transactionsOn(db, idleTimeout)

  return {
    prepare: (projection, build, { names, create, views }) => {
      const failed = (cause: unknown): TablesNotCreated =>
        tablesNotCreated(projection, build, cause)
      const created = (
        transaction: Transaction<Database>,
      ): TaskEither<StoreFailed | TablesNotCreated, void> =>
        pipe(
          TE.tryCatch(() => create(transaction)(), failed),
          TE.flatMapEither(E.mapLeft(failed)),
          TE.flatMap(() =>
            readRows<{ readonly tables: ReadonlyArray<string> }>(
              withoutPlugins(transaction),
              statements.missing,
              [build.collection],
            ),
          ),
          TE.flatMap(([row]) =>
            row === undefined || row.tables.length === 0
              ? TE.right(undefined)
              : TE.left(failed(`it has not created ${row.tables.join(', ')}`)),
          ),
        )
      return runInTransaction((transaction) =>
        pipe(
          writeRows<Bound>(withoutPlugins(transaction), 'transaction', statements.begin, [
            projection,
            build.collection,
            names,
            views ?? null,
          ]),
          TE.mapLeft((error) => (isNameTaken(error.cause) ? failed(error.cause) : error)),
          TE.flatMap(([row]) =>
            row === undefined || row.tableSchema === null
              ? TE.right(undefined)
              : created(transaction),
          ),
        ),
      )
    },
    bind: (transaction, { collection }) =>
      pipe(
        readRows<Bound>(withoutPlugins(transaction), statements.use, [collection]),
        TE.flatMap(([row]) =>
          row === undefined || row.tableSchema === null
            ? TE.left(unbound(collection))
            : TE.right(undefined),
        ),
      ),
    read: <Result>(
      projection: string,
      version: number,
      query: (transaction: Transaction<Database>) => Promise<Result>,
    ) =>
      runInTransaction((transaction): TaskEither<StoreFailed, OfVersion<Result> | undefined> =>
        pipe(
          readRows<SeenRow & Bound>(withoutPlugins(transaction), statements.useSeen, [
            projection,
            version,
          ]),
          TE.flatMap(([row]): TaskEither<StoreFailed, OfVersion<Result> | undefined> => {
            const seen = row === undefined ? undefined : seenBuild(row)
            if (row === undefined || seen === undefined) return TE.right(undefined)
            if (seen._tag === 'NoBuild') return TE.right(seen)
            if (row.tableSchema === null) return TE.left(unbound(row.collection))
            return pipe(
              TE.tryCatch(() => query(transaction), queryFailed),
              TE.map((found) => ({ _tag: 'Found', build: seen.build, found })),
            )
          }),
        ),
      ),
  }
}
