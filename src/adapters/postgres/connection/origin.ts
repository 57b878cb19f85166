import type { PGlite } from '@electric-sql/pglite'
import type { Kysely, QueryExecutorProvider } from 'kysely'
import type { Pool } from 'pg'
import { MISUSE, ownError } from './errors'
import type { SentTogether } from './prepared-statements'
import { type Answer, compiled, type Executor, own, withoutPlugins } from './query'

// One column of each type that our statements answer beside texts.
const SAMPLE = own(
  `select 1::integer as "integer", 1::double precision as "double precision", true as "boolean",
       '{"a": [1]}'::jsonb as "jsonb"`,
)
const EXPECTED = { integer: 1, 'double precision': 1, boolean: true, jsonb: { a: [1] } }
type Sample = Readonly<Record<keyof typeof EXPECTED, unknown>>

/** Which types the driver answers differently from what every driver does unless it is configured otherwise. */
const oddTypes = (sample: Sample): ReadonlyArray<string> =>
  Object.entries(EXPECTED).flatMap(([type, expected]) => {
    const found = sample[type as keyof Sample]
    const isSame =
      type === 'jsonb' ? JSON.stringify(found) === JSON.stringify(expected) : found === expected
    return isSame ? [] : [`${type} as ${typeof found}`]
  })

const verify = async (db: Executor): Promise<void> => {
  const { rows } = await db.executeQuery<Sample>(compiled(SAMPLE))
  const odd = rows[0] === undefined ? [] : oddTypes(rows[0])
  if (odd.length === 0) return
  return Promise.reject(
    ownError(
      MISUSE,
      `postgres() was given a Kysely whose driver parses ${odd.join(', ')}: give it the pg.Pool, or connectPool(pool), where the application's type parsers do not reach its statements`,
    ),
  )
}

const verified = new WeakMap<object, Promise<void>>()

/**
 * Statements over a driver that this library knows nothing of: the first one finds out whether the application has
 * changed how it parses columns, which would reach our statements as well.
 *
 * @param driver - what one driver is known by.
 */
export const verifiedDriver = (driver: object, db: Executor): Executor => ({
  executeQuery: async (query) => {
    const known = verified.get(driver) ?? verify(db)
    verified.set(driver, known)
    try {
      await known
    } catch (error) {
      const failure = error as Error
      if (verified.get(driver) === known) verified.delete(driver)
      return Promise.reject(failure)
    }
    return db.executeQuery(query)
  },
})

/** Runs statements outside of transactions, one or some, on the connections of a pool. */
export interface DirectExecutor extends Executor {
  /** See {@link RunTogether}. */
  readonly together: (statements: SentTogether) => Promise<Answer | undefined>
}

/** What is behind a Kysely that this adapter has made. */
export type Origin =
  | {
      readonly _tag: 'Pool'
      readonly pool: Pool
      /** Runs statements outside of transactions on the shortest way. */
      readonly direct: DirectExecutor
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

/** How many connections locked streams occupy at most: a quarter of the pool, and of a pool that is not known, one. */
export const connectionsForLocked = <Database>(db: Kysely<Database>): number => {
  const origin = originOf(db)
  const size = origin?._tag === 'Pool' ? origin.pool.options.max : 1
  return Math.min(Math.max(Math.floor(size / 4), 1), 4)
}
