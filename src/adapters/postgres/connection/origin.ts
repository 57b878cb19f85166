import type { PGlite } from '@electric-sql/pglite'
import type { Kysely, QueryExecutorProvider } from 'kysely'
import type { Pool } from 'pg'
import { type Executor, withoutPlugins } from './query'
import { verifiedDriver } from './verified-driver'

/** What is behind a Kysely that this adapter has made. */
export type Origin =
  | {
      readonly _tag: 'Pool'
      readonly pool: Pool
      /** Runs statements outside of transactions on the shortest way. */
      readonly direct: Executor
      /** Waits until a long transaction may begin. Answers what is to be called when it has ended. */
      readonly enterTransaction: () => Promise<() => void>
      /** A Kysely on the same connections, whose statements have so many milliseconds. */
      readonly within: <Database>(timeout: number) => Kysely<Database>
    }
  | { readonly _tag: 'PGlite'; readonly pglite: PGlite }

// By the dialect's adapter: a Kysely, the same one with plugins, and its transactions share it.
const origins = new WeakMap<object, Origin>()

export const rememberOrigin = (db: QueryExecutorProvider, origin: Origin): void => {
  origins.set(db.getExecutor().adapter, origin)
}

/** `undefined`: this adapter has not made it. */
export const originOf = (db: QueryExecutorProvider): Origin | undefined =>
  origins.get(db.getExecutor().adapter)

/**
 * The same database, with a deadline for every statement and for every wait for a connection; the caller's plugins
 * included. Only where the connections are known: on a pool.
 */
export const withDeadlines = <Database>(
  db: Kysely<Database>,
  timeout: number,
): Kysely<Database> => {
  const origin = originOf(db)
  if (origin?._tag !== 'Pool') return db
  const { plugins } = db.getExecutor()
  return plugins.reduce(
    (kysely, plugin) => kysely.withPlugin(plugin),
    origin.within<Database>(timeout),
  )
}

/** Whether a COMMIT through `db` fails when it has become a ROLLBACK. Kysely itself does not look. */
export const failsOnRolledBackCommit = (db: QueryExecutorProvider): boolean =>
  originOf(db)?._tag === 'Pool'

/** What runs our statements outside of transactions: as directly as possible, and without the caller's plugins. */
export const directExecutor = <Database>(db: Kysely<Database>): Executor => {
  const origin = originOf(db)
  switch (origin?._tag) {
    case 'Pool':
      return origin.direct
    case 'PGlite':
      return withoutPlugins(db)
    case undefined:
      return verifiedDriver(db.getExecutor().adapter, withoutPlugins(db))
  }
}
