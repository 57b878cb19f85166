import type { PGlite } from '@electric-sql/pglite'
import type { QueryExecutorProvider } from 'kysely'
import type { Pool } from 'pg'
import type { Executor } from './executor'

/** What is behind a Kysely that this adapter has made. */
export type Origin =
  | {
      readonly _tag: 'Pool'
      readonly pool: Pool
      /** How statements outside of transactions reach the server fastest. */
      readonly direct: Executor
    }
  | { readonly _tag: 'PGlite'; readonly pglite: PGlite }

// By the dialect's adapter: a Kysely, the same one with plugins, and its transactions share it.
const origins = new WeakMap<object, Origin>()

export const rememberOrigin = (db: QueryExecutorProvider, origin: Origin): void => {
  origins.set(db.getExecutor().adapter, origin)
}

/** `undefined`: the caller has made it. */
export const originOf = (db: QueryExecutorProvider): Origin | undefined =>
  origins.get(db.getExecutor().adapter)

/** Whether a COMMIT through `db` fails when it has become a ROLLBACK. Kysely itself does not look. */
export const tellsRollback = (db: QueryExecutorProvider): boolean => originOf(db)?._tag === 'Pool'

/** How statements outside of transactions reach the server fastest, if there is a shorter way than Kysely's. */
export const shortcut = (db: QueryExecutorProvider): Executor | undefined => {
  const origin = originOf(db)
  return origin?._tag === 'Pool' ? origin.direct : undefined
}
