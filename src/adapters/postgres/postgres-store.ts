import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { appendError, type Appended, type AppendRequest } from '../../core/append'
import { storeFailed } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import { defaultLimits, type Limits } from '../../core/limits'
import type { EventLocator } from '../../core/ports/event-locator'
import type { EventStore } from '../../core/ports/event-store'
import type { InlineProjection } from '../../core/ports/inline-projection'
import { appendBatch } from './append'
import { toStoreFailed } from './errors'
import { load } from './load'
import { locate } from './locate'
import { appendAndProject, projecting } from './projecting'
import { read, readAll } from './read'
import { saveSnapshot } from './snapshots'
import { streams } from './streams'
import { type Tables, tablesIn } from './tables'

/** How a store is set up. Every key may be left out. */
export interface PostgresStoreOptions<Database> {
  /** The schema that holds the tables. Default `reprise`. */
  readonly schema?: string
  readonly limits?: Limits
  /** Read models that are kept inside every append. */
  readonly projections?: ReadonlyArray<InlineProjection<Transaction<Database>>>
}

/** A store in PostgreSQL. */
export interface PostgresStore<Database> extends EventStore, EventLocator {
  /**
   * The same store inside the caller's own transaction: what it appends is committed or rolled back
   * with the caller's rows. A conflict leaves the transaction usable.
   */
  readonly inTransaction: (transaction: Transaction<Database>) => EventStore
}

const MOST_RACES = 1_000

/** One append. With `any` and `mustExist` a lost race is nobody's conflict: it goes again. */
const appendOne =
  (tables: Tables) =>
  (request: AppendRequest, races = 0): TE.TaskEither<AppendError, Appended> =>
    pipe(
      TE.tryCatch(() => appendBatch(tables, [request]), toStoreFailed('appending')),
      TE.flatMapEither((answers) => answers.get(request.streamId) ?? noAnswer),
      TE.orElse((error) =>
        error._tag === 'VersionConflict' &&
        versionFits(error.expected, error.actual) &&
        races < MOST_RACES
          ? appendOne(tables)(request, races + 1)
          : TE.left(error),
      ),
    )

const noAnswer: E.Either<AppendError, Appended> = E.left(
  storeFailed('Unexpected', 'unknown', undefined, 'the append gave no answer'),
)

const checked =
  (limits: Limits, append: EventStore['append']): EventStore['append'] =>
  (request) => {
    const error = appendError(request, limits)
    return error === undefined ? append(request) : TE.left(error)
  }

const reads = (tables: Tables): Omit<EventStore, 'append'> => ({
  load: load(tables),
  read: read(tables),
  readAll: readAll(tables),
  streams: streams(tables),
  saveSnapshot: saveSnapshot(tables),
})

/**
 * A store in PostgreSQL, on the caller's own Kysely. Its tables are made by `npx reprise migrate`, or
 * by {@link migrate}.
 *
 * @example
 * const store = postgresStore(connectPool<Database>(pool), { schema: 'reprise' })
 */
export const postgresStore = <Database>(
  db: Kysely<Database>,
  { schema, limits = defaultLimits, projections = [] }: PostgresStoreOptions<Database> = {},
): PostgresStore<Database> => {
  const tables = tablesIn(db, schema)
  const within = (transaction: Transaction<Database>): EventStore => {
    const inside = tablesIn(transaction, schema)
    const append = projecting(projections, transaction, appendOne(inside))
    return { ...reads(inside), append: checked(limits, append) }
  }
  const append =
    projections.length === 0
      ? appendOne(tables)
      : appendAndProject(db, (inner) => within(inner).append)
  return {
    ...reads(tables),
    append: checked(limits, append),
    locate: locate(tables),
    inTransaction: within,
  }
}
