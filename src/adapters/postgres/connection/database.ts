import type { PGlite } from '@electric-sql/pglite'
import type * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import type { Pool } from 'pg'
import { MISUSE } from './errors'
import { kyselyOn } from './query'
import {
  clientLike,
  listenOnClient,
  listenOnPglite,
  type MakeClient,
  type OpenListening,
} from './listening'
import { type Notifications, notificationsOver } from './notifications'
import { originOf, withDeadlines } from './origin'
import { kyselyOnPglite } from './pglite'
import { kyselyOnPool } from './pool'
import { type PreparedStatementsProbe, probePreparedStatements } from './prepared-statements-probe'

/** What a backend can be made on. */
export type DatabaseHandle<Database> = Pool | Kysely<Database> | PGlite

/**
 * How appends of other processes are noticed at once.
 * - `'poll'`: they are not; what waits looks from time to time. For a pooler in transaction mode, behind which `LISTEN`
 *   receives nothing.
 * - `{ listenWith }`: over a connection of this client, straight to the server. Give all schemas the same function, and
 *   they share the connection.
 */
export type WakeUpsOption = 'poll' | { readonly listenWith: MakeClient }

/** A database that is ready for use. */
export interface OpenDatabase<Database> {
  /** The caller's own, or one over what was handed in. */
  readonly db: Kysely<Database>
  /** The same database, for our own statements: they have a deadline. */
  readonly bounded: Kysely<Database>
  readonly notifications: Notifications
  /** Whether other processes are to be notified. */
  readonly notifies: boolean
  /** How to find out whether prepared statements can be used, where that is possible. */
  readonly probe: { readonly preparedStatements?: TE.TaskEither<never, PreparedStatementsProbe> }
  /** Ends what was opened here, and nothing that was handed in. */
  readonly close: () => Promise<void>
}

const has = (value: unknown, ...names: ReadonlyArray<string>): value is object =>
  typeof value === 'object' && value !== null && names.every((name) => name in value)

const isKysely = <Database>(value: unknown): value is Kysely<Database> =>
  has(value, 'getExecutor', 'startTransaction', 'withoutPlugins')
const isPglite = (value: unknown): value is PGlite => has(value, 'exec', 'listen', 'waitReady')
const isPool = (value: unknown): value is Pool => has(value, 'connect', 'query', 'totalCount')

/** What is wrong with what was handed in. The dialect of a Kysely is known by what it can do. */
const problemOf = <Database>(given: DatabaseHandle<Database>): string | undefined => {
  if (isKysely<Database>(given)) {
    if (given.isTransaction) {
      return 'postgres() was given a transaction: it takes the Kysely that has begun it, and store.inTransaction(transaction) appends inside it'
    }
    const { supportsReturning, supportsTransactionalDdl } = given.getExecutor().adapter
    return supportsReturning && supportsTransactionalDdl
      ? undefined
      : 'postgres() was given a Kysely of another database: its dialect must be one of PostgreSQL'
  }
  if (isPglite(given) || isPool(given)) return undefined
  const got = has(given, 'connect', 'query') ? 'a single client' : typeof given
  return `postgres() takes a pg.Pool, a Kysely or a PGlite; it was given ${got}`
}

const nothing = (): Promise<void> => Promise.resolve()

/** Answers every statement with the same error: a misuse is a value, too. */
export const unusable = <Database>(message: string): Kysely<Database> => {
  const connect = () => Promise.reject(Object.assign(new Error(message), { code: MISUSE }))
  return kyselyOn({ connect, end: nothing })
}

/** The Kysely, and what ends it, if it was made here. */
const kyselyOf = <Database>(
  given: DatabaseHandle<Database>,
): Pick<OpenDatabase<Database>, 'db' | 'close'> => {
  const problem = problemOf(given)
  if (problem !== undefined) return { db: unusable(problem), close: nothing }
  if (isKysely<Database>(given)) return { db: given, close: nothing }
  const db = isPglite(given)
    ? kyselyOnPglite<Database>(given, nothing)
    : kyselyOnPool<Database>(given, 'prepared', nothing)
  return { db, close: () => db.destroy() }
}

/** How to listen, if anything can, and what the connection belongs to. */
interface Listening {
  readonly owner: object
  readonly open: OpenListening | undefined
}

const listeningOf = <Database>(db: Kysely<Database>, option?: WakeUpsOption): Listening => {
  if (typeof option === 'object') {
    return { owner: option.listenWith, open: listenOnClient(option.listenWith) }
  }
  const origin = originOf(db)
  switch (origin?._tag) {
    case undefined:
      return { owner: db.getExecutor().adapter, open: undefined }
    case 'PGlite':
      return { owner: origin.pglite, open: listenOnPglite(origin.pglite) }
    case 'Pool': {
      const make = clientLike(origin.pool)
      return { owner: origin.pool, open: make === undefined ? undefined : listenOnClient(make) }
    }
  }
}

const probeOf = <Database>(db: Kysely<Database>): OpenDatabase<Database>['probe'] => {
  const origin = originOf(db)
  switch (origin?._tag) {
    case undefined:
    case 'PGlite': // on its one connection they always can
      return {}
    case 'Pool':
      // It takes two connections at the same time.
      return origin.pool.options.max < 2
        ? {}
        : { preparedStatements: probePreparedStatements(origin.pool) }
  }
}

// One for all schemas of a pool: tenants must not multiply the connections.
const listened = new WeakMap<object, Notifications>()
const polled = new WeakMap<object, Notifications>()

/** Opens what a backend is made on. Nothing is sent to the server yet. */
export const openDatabase = <Database>(
  given: DatabaseHandle<Database>,
  statementTimeout: number,
  option?: WakeUpsOption,
): OpenDatabase<Database> => {
  const { db, close } = kyselyOf(given)
  const bounded = withDeadlines(db, statementTimeout)
  const listening = listeningOf(db, option)
  const open = option === 'poll' ? undefined : listening.open
  const known = open === undefined ? polled : listened
  const notifications = known.get(listening.owner) ?? notificationsOver(open)
  known.set(listening.owner, notifications)
  return {
    db,
    bounded,
    close: async () => {
      await close()
      if (!isKysely(given) && bounded !== db) await bounded.destroy()
    },
    notifications,
    notifies: open !== undefined,
    probe: probeOf(db),
  }
}
