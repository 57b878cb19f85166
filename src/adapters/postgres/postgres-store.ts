import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { appendError } from '../../core/append'
import { defaultLimits, type Limits } from '../../core/limits'
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
import { groupCommit } from './append/group-commit'
import { load } from './read/load'
import { locate } from './read/start-position'
import { prepareAppend } from './append/encoded-append'
import { appendAndProject, projecting } from './append/append-with-projections'
import { read } from './read/read'
import { readAll } from './read/read-all'
import { saveSnapshot } from './read/snapshots'
import { streams } from './read/streams'
import { contention } from './append/optimistic-append'
import { type Tables, tablesIn } from './connection/tables'

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
  const rivals = contention()
  // Once for all: to name the statements costs more than a transaction's own part.
  const tablesOf = (transaction: Transaction<Database>): Tables => ({
    db: transaction.withoutPlugins(),
    statements: tables.statements,
  })
  const carefully = (transaction: Transaction<Database>): AppendPrepared =>
    appendAlone(appendCarefully(tablesOf(transaction), 'in a transaction'))
  const swiftly = (transaction: Transaction<Database>): AppendPrepared =>
    appendOnce(appendSwiftly(tablesOf(transaction), rivals, 'in a transaction'))
  const append =
    projections.length === 0
      ? groupCommit(appendSwiftly(tables, rivals, 'alone'))
      : appendAndProject(db, projections, { swiftly, carefully })
  return {
    ...reads(tables),
    append: checked(limits, append),
    locate: locate(tables),
    inTransaction: (transaction) => ({
      ...reads(tablesOf(transaction)),
      append: checked(limits, projecting(projections, transaction, carefully(transaction))),
    }),
  }
}
