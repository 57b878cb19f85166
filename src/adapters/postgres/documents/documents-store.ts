import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { projectionRolledBack } from '../../../core/errors/projection'
import { storeFailed } from '../../../core/errors/store'
import type { Json } from '../../../core/json'
import type {
  BuildStatus,
  Document,
  OfVersion,
  ProjectionBuild,
  Projections,
  TransactionDocuments,
} from '../../../core/ports/projection-store'
import { ABANDONED_AFTER, BUILD_START_TIME, KEEP_OLD_BUILD } from '../../../core/projection-build'
import { type DocumentStatements, documentStatements } from './document-statements'
import { rowsOf } from '../connection/query'
import { type Executor, withoutPlugins } from '../connection/executor'

const text = (value: Json | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value)

const ignored = TE.map(() => undefined)

const documentsOn = (db: Executor, statements: DocumentStatements): TransactionDocuments => {
  const some: TransactionDocuments['some'] = (collection, keys) =>
    rowsOf<Document>(db, statements.some, [collection, keys])
  const write: TransactionDocuments['write'] = (collection, writes) =>
    writes.length === 0
      ? TE.right(undefined)
      : pipe(
          rowsOf(
            db,
            statements.write,
            [collection, writes.map(({ key }) => key), writes.map(({ value }) => text(value))],
            'appending',
          ),
          ignored,
        )
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
      pipe(
        rowsOf(db, statements.putNewer, [collection, key, text(value), revision], 'appending'),
        TE.map((rows) => rows.length > 0),
      ),
    lock: (collection, keys) => pipe(rowsOf(db, statements.lock, [collection, keys]), ignored),
  }
}

/** The first row says which build was found; each of the others is a document. */
interface OfVersionRow {
  readonly key: string | null
  readonly value: Json
  readonly revision: number
  readonly active_version: number | null
  readonly active_build: number
  readonly active_collection: string
  readonly version: number | null
  readonly build: number
  readonly collection: string
}

const toOfVersion = (rows: ReadonlyArray<OfVersionRow>): OfVersion<ReadonlyArray<Document>> => {
  const [seen, ...found] = rows
  const documents = found.map(({ key, value, revision }) => ({ key: key ?? '', value, revision }))
  if (seen === undefined || seen.active_version === null) return { _tag: 'Found', found: documents }
  const { version, build, collection } = seen
  return version === null
    ? {
        _tag: 'NoBuild',
        active: {
          version: seen.active_version,
          build: seen.active_build,
          collection: seen.active_collection,
        },
      }
    : { _tag: 'Found', build: { version, build, collection }, found: documents }
}

interface BuildRow extends ProjectionBuild {
  readonly state: BuildStatus['state']
  readonly begun_at: number
  readonly kept_until: number | null
  readonly reached: number | null
  readonly held: number
  readonly instances: number
}

const toBuildStatus = ({ begun_at, kept_until, reached, ...row }: BuildRow): BuildStatus => ({
  ...row,
  begunAt: begun_at,
  ...(kept_until === null ? {} : { keptUntil: kept_until }),
  ...(reached === null ? {} : { reached }),
})

const noAnswer = TE.left(storeFailed('Unexpected', 'unknown', undefined, 'the build is not there'))

/** Read models as documents in PostgreSQL, and the builds of projections. */
export const postgresProjections = <Database>(
  db: Kysely<Database>,
  schema: string,
): Projections<Transaction<Database>> => {
  const statements = documentStatements(schema)
  const plain = withoutPlugins(db)
  const buildFrom = (statement: string, parameters: ReadonlyArray<unknown>) =>
    pipe(
      rowsOf<ProjectionBuild>(plain, statement, parameters, 'appending'),
      TE.map(([build]) => build),
    )
  const active = (projection: string) =>
    pipe(
      rowsOf<ProjectionBuild>(plain, statements.active, [projection]),
      TE.map(([build]) => build),
    )

  return {
    ...documentsOn(plain, statements),
    inTransaction: (transaction) => documentsOn(withoutPlugins(transaction), statements),
    active,
    someOfVersion: (projection, version, keys) =>
      pipe(
        rowsOf<OfVersionRow>(plain, statements.someOfVersion, [projection, version, keys]),
        TE.map(toOfVersion),
      ),
    allOfVersion: (projection, version, { after, limit, where }) =>
      pipe(
        rowsOf<OfVersionRow>(plain, statements.allOfVersion, [
          projection,
          version,
          after,
          limit,
          text(where),
        ]),
        TE.map(toOfVersion),
        TE.map((answer) =>
          answer._tag === 'NoBuild'
            ? answer
            : {
                ...answer,
                found: { documents: answer.found, more: answer.found.length === limit },
              },
        ),
      ),
    begin: (projection, version) =>
      pipe(
        buildFrom(statements.begin, [projection, version]),
        TE.flatMap((build) => (build === undefined ? noAnswer : TE.right(build))),
      ),
    join: (projection, version) =>
      pipe(
        buildFrom(statements.join, [projection, version, BUILD_START_TIME]),
        TE.flatMapEither((build) =>
          build === undefined ? E.left(projectionRolledBack(projection, version)) : E.right(build),
        ),
      ),
    activate: (projection, { version, build, collection }, keepFor = KEEP_OLD_BUILD) =>
      pipe(
        rowsOf(
          plain,
          statements.activate,
          [projection, version, build, collection, keepFor],
          'appending',
        ),
        TE.flatMap(() => active(projection)),
        TE.flatMap((now) => (now === undefined ? noAnswer : TE.right(now))),
      ),
    rollBack: (projection) =>
      pipe(
        rowsOf<ProjectionBuild>(plain, statements.rollBack, [projection], 'appending'),
        TE.map(([from, to]) => (from === undefined || to === undefined ? undefined : { from, to })),
      ),
    builds: (projection) =>
      pipe(
        rowsOf<BuildRow>(plain, statements.builds, [projection]),
        TE.map((rows) => rows.map(toBuildStatus)),
      ),
    abandon: (projection, { collection }) =>
      pipe(rowsOf(plain, statements.abandon, [projection, collection], 'appending'), ignored),
    sweep: (projection, limit) =>
      pipe(
        rowsOf<{ readonly deleted: number }>(
          plain,
          statements.sweep,
          [projection, limit, ABANDONED_AFTER],
          'appending',
        ),
        TE.map(([row]) => row?.deleted ?? 0),
      ),
    clear: (collection, limit) =>
      pipe(
        rowsOf(plain, statements.clear, [collection, limit], 'appending'),
        TE.map((rows) => rows.length),
      ),
  }
}
