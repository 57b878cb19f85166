import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Pool, PoolClient } from 'pg'

/** What was found out about prepared statements. */
export interface PreparedStatementsProbe {
  readonly usable: 'yes' | 'no' | 'unknown'
  /** Whether the same connection meets different server processes: a pooler stands in between. */
  readonly pooled: boolean
  readonly detail: string
}

/** Of an embedded database. */
export const ONE_CONNECTION: PreparedStatementsProbe = {
  usable: 'yes',
  pooled: false,
  detail: 'there is one connection',
}

const statement = {
  name: 'reprise_doctor',
  text: 'select pg_backend_pid() as pid /* reprise doctor */',
  query_timeout: 3_000,
}

const processOf = async (client: PoolClient): Promise<number> => {
  const { rows } = await client.query<{ pid: number }>(statement)
  return rows[0]?.pid ?? 0
}

/**
 * Prepares a statement on one connection, keeps the server process behind it busy with another
 * connection, and uses the statement again. A pooler in transaction mode then gives the first connection
 * another process, where nothing was prepared.
 */
const probe = async (first: PoolClient, second: PoolClient): Promise<PreparedStatementsProbe> => {
  const before = await processOf(first)
  await second.query('begin')
  await second.query('select 1')
  const after = await processOf(first)
  return after === before
    ? { usable: 'yes', pooled: false, detail: 'every connection keeps its server process' }
    : { usable: 'yes', pooled: true, detail: 'the pooler carries prepared statements along' }
}

const failed = (error: unknown): PreparedStatementsProbe => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const detail = error instanceof Error ? error.message : String(error)
  // 26000: no such statement; 42P05: another one of that name; 0A000, 08P01: refused.
  return code === '26000' || code === '42P05' || code === '0A000' || code === '08P01'
    ? { usable: 'no', pooled: true, detail }
    : { usable: 'unknown', pooled: false, detail }
}

/**
 * Whether prepared statements can be used through `pool`, which must allow two connections. Both are
 * closed afterwards.
 */
export const probePreparedStatements =
  (pool: Pool): TaskEither<never, PreparedStatementsProbe> =>
  async () => {
    const clients: PoolClient[] = []
    try {
      const first = await pool.connect()
      clients.push(first)
      const second = await pool.connect()
      clients.push(second)
      return E.right(await probe(first, second))
    } catch (error) {
      return E.right(failed(error))
    } finally {
      for (const client of clients) client.release(true)
    }
  }
