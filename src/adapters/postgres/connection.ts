import {
  Kysely,
  PostgresDialect,
  type PostgresCursor,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { breaksConnection } from './errors'
import { preparedName } from './statements'

/** How the library's own statements reach the server. */
export type Preparing =
  /** The few hot ones are prepared once on each connection: the fastest. */
  | 'prepared'
  /** Nothing is prepared: for a pooler in transaction mode that cannot keep prepared statements. */
  | 'unprepared'

/** A broken connection already fails the statement on it; unheard, it would end the process as well. */
const heard = (): void => undefined

/** After a failed statement the server answers a COMMIT with ROLLBACK, and not with an error. */
const committed = <Answer extends { readonly command: string }>(
  answer: Answer,
): Answer | Promise<never> => {
  if (answer.command !== 'ROLLBACK') return answer
  const error = new Error('the transaction was rolled back: a statement in it had failed')
  return Promise.reject(Object.assign(error, { code: '25P02' }))
}

const wrap = (client: PoolClient, preparing: Preparing): PostgresPoolClient => {
  let broken = false
  function query<Row>(
    statement: string,
    parameters: ReadonlyArray<unknown>,
  ): Promise<PostgresQueryResult<Row>>
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query(
    statement: string | PostgresCursor<unknown>,
    parameters: ReadonlyArray<unknown> = [],
  ): unknown {
    if (typeof statement !== 'string') return statement
    const name = preparing === 'prepared' ? preparedName(statement) : undefined
    const values = [...parameters]
    const answer = client.query(
      name === undefined ? { text: statement, values } : { name, text: statement, values },
    )
    answer.catch((error: unknown) => {
      broken ||= breaksConnection(error)
    })
    return statement === 'commit' ? answer.then(committed) : answer
  }
  client.on('error', heard)
  // A broken one must not go back to the pool: the next statement on it would fail as well.
  return { query, release: () => client.release(broken) }
}

/**
 * A Kysely over `pool` that prepares the library's hot statements, and survives connections that break
 * while they are in use. Use it for the application's own queries too: they are passed on as they are. A
 * COMMIT that the server has turned into a ROLLBACK, because a statement before it had failed, is an error.
 *
 * The pool stays the caller's: `destroy` on the Kysely ends it.
 *
 * @example
 * const db = connectPool<Database>(new Pool({ connectionString: process.env.DATABASE_URL }))
 * const store = postgresStore(db)
 */
export const connectPool = <Database>(
  pool: Pool,
  preparing: Preparing = 'prepared',
): Kysely<Database> => {
  const clients = new WeakMap<PoolClient, PostgresPoolClient>()
  const wrapped = (client: PoolClient): PostgresPoolClient => {
    const known = clients.get(client)
    if (known !== undefined) return known
    const made = wrap(client, preparing)
    clients.set(client, made)
    return made
  }
  // At once, and not only when it is first used: the server may end a connection as soon as it is made.
  pool.on('connect', wrapped)
  pool.on('error', heard) // an idle connection that breaks is replaced by the pool itself
  const source: PostgresPool = {
    connect: async () => wrapped(await pool.connect()),
    end: () => pool.end(),
  }
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: source }) })
  telling.add(db)
  return db
}

const telling = new WeakSet<object>()

/** Whether a COMMIT through `db` fails when it has become a ROLLBACK. Kysely itself does not look. */
export const tellsRollback = (db: object): boolean => telling.has(db)
