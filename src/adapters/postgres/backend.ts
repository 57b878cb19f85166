import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery, type Kysely, type Transaction } from 'kysely'
import { appendError } from '../../core/append'
import { defaultLimits, type Limits } from '../../core/limits'
import type { Backend } from '../../core/ports/backend'
import type { EventLocator } from '../../core/ports/event-locator'
import type { EventStore } from '../../core/ports/event-store'
import type { InlineProjection } from '../../core/ports/inline-projection'
import {
  appendAlone,
  appendCarefully,
  appendOnce,
  type AppendPrepared,
  appendSwiftly,
} from './append/append'
import { appendAndProject, type Inline, projecting } from './append/append-with-projections'
import { prepareAppend } from './append/encoded-append'
import { groupCommit } from './append/group-commit'
import { contention } from './append/optimistic-append'
import { signalling, signallingAll } from './append/signalling'
import { type DatabaseHandle, openDatabase, type WakeUpsOption } from './connection/database'
import { withoutPlugins } from './connection/executor'
import { type Tables, tablesIn } from './connection/tables'
import { postgresProjections } from './documents/documents-store'
import { postgresRequests } from './outbox/outbox-store'
import { load } from './read/load'
import { read } from './read/read'
import { readAll } from './read/read-all'
import { saveSnapshot } from './read/snapshots'
import { locate } from './read/start-position'
import { streams } from './read/streams'
import { migrate } from './schema/migrate'
import { DEFAULT_SCHEMA } from './schema/names'
import { postgresSubscriptions } from './subscriptions/subscription-store'
import { postgresWakeUps } from './subscriptions/wake-ups'

/** How a backend in PostgreSQL is set up. Every key may be left out. */
export interface PostgresOptions<Database> {
  /** The schema that holds the tables. Default `reprise`. */
  readonly schema?: string
  readonly limits?: Limits
  /** Read models that are kept inside every append, also inside the caller's own transactions. */
  readonly inline?: ReadonlyArray<InlineProjection<Transaction<Database>>>
  /**
   * A transaction of a subscription in which nothing happens for so long is ended by the server, so that a
   * frozen process does not keep its locks. In milliseconds. Default 10,000.
   */
  readonly idleInTransactionTimeout?: number
  /**
   * How appends of other processes are noticed at once. Default: by listening on one connection beside the pool, for
   * all schemas on it, while something waits for events. With a Kysely on a dialect of the caller's own: as `'poll'`.
   */
  readonly wakeUps?: WakeUpsOption
}

/** A store in PostgreSQL. */
export interface PostgresStore<Database> extends EventStore, EventLocator {
  /**
   * The same store inside the caller's own transaction: what it appends is committed or rolled back
   * with the caller's rows. A conflict leaves the transaction usable.
   */
  readonly inTransaction: (transaction: Transaction<Database>) => EventStore
}

/** Everything in PostgreSQL. */
export interface PostgresBackend<Database> extends Backend<Transaction<Database>> {
  readonly store: PostgresStore<Database>
  /** The Kysely that it works on: the caller's own, or one over what was handed in. */
  readonly db: Kysely<Database>
}

/** Refuses what no store takes. What it lets through is written out before anything else happens. */
const checked =
  (limits: Limits, append: AppendPrepared): EventStore['append'] =>
  (request) => {
    const error = appendError(request, limits)
    if (error !== undefined) return TE.left(error)
    const prepared = prepareAppend(request)
    return () => append(prepared)
  }

const reads = (tables: Tables): Omit<EventStore, 'append'> => ({
  load: load(tables),
  read: read(tables),
  readAll: readAll(tables),
  streams: streams(tables),
  saveSnapshot: saveSnapshot(tables),
})

interface StoreParts<Database> {
  readonly tables: Tables
  readonly limits: Limits
  readonly inline: Inline<Database>
  readonly signal: () => void
}

const storeOn = <Database>(
  db: Kysely<Database>,
  { tables, limits, inline, signal }: StoreParts<Database>,
): PostgresStore<Database> => {
  const rivals = contention()
  // Once for all: to name the statements costs more than a transaction's own part.
  const tablesOf = (transaction: Transaction<Database>): Tables => ({
    db: withoutPlugins(transaction),
    statements: tables.statements,
  })
  const carefully = (transaction: Transaction<Database>): AppendPrepared =>
    appendAlone(appendCarefully(tablesOf(transaction), 'in a transaction'))
  const swiftly = (transaction: Transaction<Database>): AppendPrepared =>
    appendOnce(appendSwiftly(tablesOf(transaction), rivals, 'in a transaction'))
  const append =
    inline.projections.length === 0
      ? groupCommit(signallingAll(signal, appendSwiftly(tables, rivals, 'alone')))
      : signalling(signal, appendAndProject(db, inline, { swiftly, carefully }))
  return {
    ...reads(tables),
    append: checked(limits, append),
    locate: locate(tables),
    inTransaction: (transaction) => ({
      ...reads(tablesOf(transaction)),
      // Not seen before the commit, of which nobody tells us: what is woken looks again soon.
      append: checked(
        limits,
        signalling(signal, projecting(inline, transaction, carefully(transaction))),
      ),
    }),
  }
}

/**
 * Everything in PostgreSQL, in one schema of a database. Its tables are made by `npx reprise migrate`, or by
 * `backend.migrate`.
 *
 * @param given - a `pg.Pool`, a Kysely on any PostgreSQL dialect, or a PGlite. It stays the caller's: end it after
 *   `backend.close()`. Anything else: each call answers `StoreFailed`, whose message says what is wrong.
 *
 * @example
 * const backend = postgres<Database>(new Pool({ connectionString: process.env.DATABASE_URL }))
 * const accounts = openCategory(account, backend)
 * const running = runProjection(balances)(backend, { signal })()
 */
export const postgres = <Database = unknown>(
  given: DatabaseHandle<Database>,
  {
    schema = DEFAULT_SCHEMA,
    limits = defaultLimits,
    inline: projections = [],
    idleInTransactionTimeout = 10_000,
    wakeUps: option,
  }: PostgresOptions<Database> = {},
): PostgresBackend<Database> => {
  const { db, notifications, notifies, close } = openDatabase(given, option)
  const tables = tablesIn(db, schema)
  const notify = (statement: string) => tables.db.executeQuery(CompiledQuery.raw(statement))
  const wakeUps = postgresWakeUps(schema, notifications, notifies ? notify : undefined)
  const documents = postgresProjections(db, schema)
  const inline = { projections, documentsIn: documents.inTransaction }
  return {
    db,
    store: storeOn(db, { tables, limits, inline, signal: wakeUps.signal }),
    subscriptions: postgresSubscriptions(db, schema, idleInTransactionTimeout),
    documents,
    outbox: postgresRequests(db, schema),
    wakeUps: { signal: wakeUps.signal, listen: wakeUps.listen },
    migrate: migrate(db, schema),
    close: async () => {
      await wakeUps.close()
      await close()
    },
  }
}
