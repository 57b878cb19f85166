import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { appendError } from '../../core/append'
import { defaultLimits, type Limits } from '../../core/limits'
import type { EventLocator } from '../../core/ports/event-locator'
import type { EventStore } from '../../core/ports/event-store'
import type { InlineProjection } from '../../core/ports/inline-projection'
import { appendAlone, appendOnce, type RunAppend } from './append/append-answer'
import { appendAndProject, projectInTransaction } from './append/append-with-projections'
import { encodeAppend } from './append/encoded-append'
import { fallbackAppend } from './append/fallback-append'
import { groupCommit } from './append/group-commit'
import { appendStatements, contention, optimisticAppend } from './append/optimistic-append'
import { directExecutor } from './connection/pool'
import type { Executor, TransactionScope } from './connection/query'
import { loadFrom } from './read/load'
import { readFrom } from './read/read'
import { readAllFrom } from './read/read-all'
import { saveSnapshotIn } from './read/snapshots'
import { startPositionIn } from './read/start-position'
import { streamsIn } from './read/streams'
import { DEFAULT_SCHEMA } from './schema/names'

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

/** Refuses what no store takes. What is valid is encoded before anything else happens. */
const checked =
  (limits: Limits, append: RunAppend): EventStore['append'] =>
  (request) => {
    const error = appendError(request, limits)
    if (error !== undefined) return TE.left(error)
    const encoded = encodeAppend(request)
    return () => append(encoded)
  }

/** Everything but the append. The texts of the statements are made once for a schema. */
const readsIn = (schema: string) => {
  const [load, read, readAll] = [loadFrom(schema), readFrom(schema), readAllFrom(schema)]
  const [streams, saveSnapshot] = [streamsIn(schema), saveSnapshotIn(schema)]
  return (db: Executor, scope: TransactionScope): Omit<EventStore, 'append'> => ({
    load: load(db),
    read: read(db),
    readAll: readAll(db),
    streams: streams(db),
    saveSnapshot: saveSnapshot(db, scope),
  })
}

/**
 * A store in PostgreSQL, on the caller's own Kysely. Its tables are created by `npx reprise migrate`, or
 * by {@link migrate}.
 *
 * @example
 * const store = postgresStore(connectPool<Database>(pool), { schema: 'reprise' })
 */
export const postgresStore = <Database>(
  db: Kysely<Database>,
  {
    schema = DEFAULT_SCHEMA,
    limits = defaultLimits,
    projections = [],
  }: PostgresStoreOptions<Database> = {},
): PostgresStore<Database> => {
  const direct = directExecutor(db)
  const reads = readsIn(schema)
  const context = { statements: appendStatements(schema), contention: contention() }

  const fallback = (transaction: Transaction<Database>): RunAppend =>
    appendAlone(
      fallbackAppend(transaction.withoutPlugins(), context.statements.append, 'transaction'),
    )
  const optimistic = (transaction: Transaction<Database>): RunAppend =>
    appendOnce(optimisticAppend(context, transaction.withoutPlugins(), 'transaction'))
  const append =
    projections.length === 0
      ? groupCommit(optimisticAppend(context, direct, 'statement'))
      : appendAndProject(db, projections, { optimistic, fallback })

  return {
    ...reads(direct, 'statement'),
    append: checked(limits, append),
    locate: startPositionIn(schema)(direct),
    inTransaction: (transaction) => ({
      ...reads(transaction.withoutPlugins(), 'transaction'),
      append: checked(
        limits,
        projectInTransaction(projections, transaction, fallback(transaction)),
      ),
    }),
  }
}
