import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { keyRefusal } from '../../../core/document-key'
import { type StoreFailed, storeFailed } from '../../../core/errors/store'
import type { Json } from '../../../core/json'
import type {
  Document,
  ProjectionBuild,
  Projections,
  TransactionDocuments,
} from '../../../core/ports/projection-store'
import { type DocumentStatements, documentStatements } from './document-statements'
import { rowsOf } from '../connection/query'
import { DEFAULT_SCHEMA } from '../schema/names'
import type { PostgresReadOptions } from '../subscriptions/subscription-store'
import type { Executor } from '../connection/executor'

const text = (value: Json | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value)

const ignored = TE.map(() => undefined)

/** The answer of the statement, unless one of the keys cannot be stored: the same on every store. */
const about = <Answer>(
  keys: ReadonlyArray<string>,
  answer: () => TE.TaskEither<StoreFailed, Answer>,
): TE.TaskEither<StoreFailed, Answer> => {
  const refused = keyRefusal(keys)
  return refused === undefined ? answer() : TE.left(refused)
}

const documentsOn = (db: Executor, statements: DocumentStatements): TransactionDocuments => {
  const some: TransactionDocuments['some'] = (collection, keys) =>
    about(keys, () => rowsOf<Document>(db, statements.some, [collection, keys]))
  const write: TransactionDocuments['write'] = (collection, writes) => {
    if (writes.length === 0) return TE.right(undefined)
    const keys = writes.map(({ key }) => key)
    const parameters = [collection, keys, writes.map(({ value }) => text(value))]
    return about(keys, () => pipe(rowsOf(db, statements.write, parameters, 'appending'), ignored))
  }
  return {
    some,
    write,
    get: (collection, key) =>
      pipe(
        some(collection, [key]),
        TE.map(([document]) => document),
      ),
    all: (collection, { after, limit, where }) =>
      pipe(
        rowsOf<Document>(db, statements.all, [collection, after, limit, text(where)]),
        TE.map((documents) => ({ documents, more: documents.length === limit })),
      ),
    put: (collection, key, value) => write(collection, [{ key, value }]),
    delete: (collection, key) => write(collection, [{ key }]),
    putNewer: (collection, key, value, revision) =>
      about([key], () =>
        pipe(
          rowsOf(db, statements.putNewer, [collection, key, text(value), revision], 'appending'),
          TE.map((rows) => rows.length > 0),
        ),
      ),
    lock: (collection, keys) =>
      about(keys, () => pipe(rowsOf(db, statements.lock, [collection, keys]), ignored)),
  }
}

/**
 * Read models as documents in PostgreSQL.
 *
 * @example
 * const projections = postgresProjections(db)
 */
export const postgresProjections = <Database>(
  db: Kysely<Database>,
  { schema = DEFAULT_SCHEMA }: PostgresReadOptions = {},
): Projections<Transaction<Database>> => {
  const statements = documentStatements(schema)
  const plain: Executor = db.withoutPlugins()
  const active = (projection: string) =>
    pipe(
      rowsOf<ProjectionBuild>(plain, statements.active, [projection]),
      TE.map(([build]) => build),
    )

  return {
    ...documentsOn(plain, statements),
    inTransaction: (transaction) => documentsOn(transaction.withoutPlugins(), statements),
    active,
    activate: (projection, { version, build, collection }) =>
      pipe(
        rowsOf(plain, statements.activate, [projection, version, build, collection], 'appending'),
        TE.flatMap(() => active(projection)),
        TE.flatMap((now) =>
          now === undefined
            ? TE.left(storeFailed('Unexpected', 'unknown', undefined, 'the build is not there'))
            : TE.right(now),
        ),
      ),
    clear: (collection, limit) =>
      pipe(
        rowsOf(plain, statements.clear, [collection, limit], 'appending'),
        TE.map((rows) => rows.length),
      ),
  }
}
