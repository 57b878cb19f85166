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
import { habits, type NameOf, noHabits } from './statement-cache'
import { lone } from './pool-shortcut'
import type { Answer } from './prepared-query'
import { type NamedStatement, preparedStatements } from './prepared-statements'
import { preparedName } from '../read/statements'
import type { Executor } from './executor'

/** How statements reach the server. */
export type Preparing =
  /** The few hot ones are prepared once on each connection. */
  | 'prepared'
  /**
   * The caller's own as well, if they have parameters: from the second time on that the same text comes,
   * up to 200 on each connection. Worth it where inline projections or queries repeat. After a change of
   * a table's columns a connection that has prepared `select *` from it fails once, with
   * `TransactionRefused` or SQLSTATE 0A000, and is replaced.
   */
  | 'all prepared'
  /** Nothing is prepared: for a pooler in transaction mode that cannot keep prepared statements. */
  | 'unprepared'

/** A broken connection that is idle is replaced by the pool; unheard, it would end the process. */
const heard = (): void => undefined

/** Whether the server itself has said why it ended the connection. */
const isWord = (error: Error | undefined): error is Error =>
  error !== undefined && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code))

/** After a failed statement the server answers a COMMIT with ROLLBACK, and not with an error. */
const committed = <Answer extends { readonly command: string }>(
  answer: Answer,
): Answer | Promise<never> => {
  if (answer.command !== 'ROLLBACK') return answer
  const error = new Error('the transaction was rolled back: a statement in it had failed')
  return Promise.reject(Object.assign(error, { code: '25P02' }))
}

const BEGIN: NamedStatement = { name: 'reprise_begin', text: 'begin', parameters: [] }

/** What is answered when there is nothing to ask the server. */
const nothing = (command: string): Answer => ({ command, rowCount: null, rows: [] })

const COMMIT: NamedStatement = { name: 'reprise_commit', text: 'commit', parameters: [] }

const isEnd = (statement: string): boolean => statement === COMMIT.text || statement === 'rollback'

/** Runs statements on a connection, in order. */
type Say = (text: string, parameters: ReadonlyArray<unknown>) => Promise<Answer>

/** As the driver does it, without preparing anything. */
const unprepared =
  (client: PoolClient): Say =>
  (text, parameters) =>
    client.query({ text, values: [...parameters] })

/** Hot statements are prepared. A transaction begins in the round trip of its first statement. */
const prepared = (client: PoolClient, nameOf: NameOf): Say => {
  const statements = preparedStatements(client)
  const plainly = unprepared(client)
  let beginning = false
  return async (text, parameters) => {
    if (text === BEGIN.text && statements.isReady(BEGIN.name)) {
      beginning = true
      return nothing('BEGIN')
    }
    const before = beginning ? BEGIN : undefined
    beginning = false
    if (before !== undefined && isEnd(text)) return nothing(text.toUpperCase())
    if (text === BEGIN.text) return statements.run(BEGIN)
    if (text === COMMIT.text) return statements.run(COMMIT)
    const name = preparedName(text) ?? nameOf(text, parameters)
    if (name !== undefined) return statements.run({ name, text, parameters }, before)
    if (before !== undefined) await statements.run(BEGIN)
    return plainly(text, parameters)
  }
}

const saying = (client: PoolClient, preparing: Preparing): Say => {
  switch (preparing) {
    case 'prepared':
      return prepared(client, noHabits)
    case 'all prepared':
      return prepared(client, habits())
    case 'unprepared':
      return unprepared(client)
  }
}

const wrap = (client: PoolClient, preparing: Preparing): PostgresPoolClient => {
  const say = saying(client, preparing)
  let broken = false
  let last: Error | undefined
  // The server's last words came while nothing was asked, an idle transaction's end for instance. The next
  // statement fails too, but the driver then says no more than that the connection is gone.
  client.on('error', (error) => {
    last ??= error
  })
  const failed = (error: Error): Promise<never> => {
    const told = isWord(last) ? last : error
    broken ||= breaksConnection(told)
    return Promise.reject(told)
  }
  const run: Say = (text, parameters) => {
    const answer = say(text, parameters)
    return (text === COMMIT.text ? answer.then(committed) : answer).catch(failed)
  }
  function query<Row>(
    statement: string,
    parameters: ReadonlyArray<unknown>,
  ): Promise<PostgresQueryResult<Row>>
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query(
    statement: string | PostgresCursor<unknown>,
    parameters: ReadonlyArray<unknown> = [],
  ): unknown {
    return typeof statement === 'string' ? run(statement, parameters) : statement
  }
  // A broken one must not go back to the pool: the next statement on it would fail as well.
  return { query, release: () => client.release(broken) }
}

/**
 * A Kysely over `pool` that prepares the library's hot statements, and survives connections that break
 * while they are in use. Use it for the application's own queries too: they are passed on as they are (but
 * see {@link Preparing}). A
 * COMMIT that the server has turned into a ROLLBACK, because a statement before it had failed, is an error.
 * A transaction begins in the round trip of its first statement.
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
  const connect = async () => wrapped(await pool.connect())
  const source: PostgresPool = { connect, end: () => pool.end() }
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: source }) })
  ours.set(
    db,
    lone(connect, () => pool.waitingCount > 0),
  )
  return db
}

/** What {@link connectPool} has made. */
const ours = new WeakMap<object, Executor>()

/** Whether a COMMIT through `db` fails when it has become a ROLLBACK. Kysely itself does not look. */
export const tellsRollback = (db: object): boolean => ours.has(db)

/** How statements outside of transactions reach the server fastest, if we made `db` ourselves. */
export const shortcut = (db: object): Executor | undefined => ours.get(db)
