import type { CompiledQuery, Kysely, PostgresPoolClient } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { setImmediate } from '../../../platform/node'
import { deadlines, withDeadline } from './deadline'
import { breaksConnection, DEADLINE, NOT_CONNECTED, ownError, POOL_EXHAUSTED } from './errors'
import { enterWithin } from './gate'
import { type DirectExecutor, rememberOrigin } from './origin'
import {
  type PreparedStatementsMode,
  type RunTogether,
  statementRunner,
} from './prepared-statements'
import { type Answer, kyselyOn, poolClient, type RunStatement } from './query'

/** A broken connection already fails its statement; without a listener, 'error' would crash the process. */
const ignoreError = (): void => undefined

/** Whether the server itself has said why it ended the connection. */
const isServerError = (error: Error | undefined): error is Error =>
  error !== undefined && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code))

/** After a failed statement the server answers a COMMIT with ROLLBACK, and not with an error. */
const rejectRolledBack = (answer: Answer): Answer | Promise<never> => {
  if (answer.command !== 'ROLLBACK') return answer
  const error = new Error('the transaction was rolled back: a statement in it had failed')
  return Promise.reject(Object.assign(error, { code: '25P02' }))
}

/** A connection of a pool, with what it has prepared. */
interface Connection {
  readonly run: RunStatement
  readonly together: RunTogether
  /** Why a statement has really failed. */
  readonly reasonOf: (error: Error) => Error
  readonly release: () => void
  /** Ends it, whatever is under way on it. To release it afterwards does nothing. */
  readonly destroy: () => void
}

const wrap = (client: PoolClient, preparing: PreparedStatementsMode): Connection => {
  const { run, together } = statementRunner(client, preparing)
  let broken = false
  let ended: Error | undefined
  // The server may end the connection while no statement is under way: a transaction was idle for too long.
  // The next statement fails too, but the driver then only says that the connection is gone.
  client.on('error', (error) => {
    ended ??= error
  })
  let destroyed = false
  return {
    run: (text, parameters) => {
      try {
        const answer = run(text, parameters)
        return text === 'commit' ? answer.then(rejectRolledBack) : answer
      } catch (error) {
        const reason = error as Error
        return Promise.reject(reason)
      }
    },
    together: (statements) => {
      try {
        return together(statements)
      } catch (error) {
        const reason = error as Error
        return Promise.reject(reason)
      }
    },
    reasonOf: (error) => {
      const reason = isServerError(ended) ? ended : error
      broken ||= breaksConnection(reason)
      return reason
    },
    // A broken one must not go back to the pool: the next statement on it would fail as well.
    release: () => {
      if (!destroyed) client.release(broken)
    },
    destroy: () => {
      if (destroyed) return
      destroyed = true
      client.release(true)
    },
  }
}

/** A connection as Kysely wants it, which also runs statements together. */
interface BoundedConnection extends PostgresPoolClient {
  readonly together: RunTogether
}

/** A connection on which a statement has so many milliseconds. Its answer is lost then, and so is the connection. */
const bounded = (connection: Connection, timeout: number): BoundedConnection => {
  const { run, together, reasonOf, release, destroy } = connection
  const giveUp = (): Error => {
    destroy()
    return ownError(DEADLINE, `no answer to a statement came within ${timeout} ms`)
  }
  const inTime = deadlines(timeout, giveUp, reasonOf)
  return {
    ...poolClient((text, parameters) => inTime(run(text, parameters)), release),
    together: (statements) => {
      const answer = together(statements)
      return answer === undefined ? undefined : inTime(answer)
    },
  }
}

/** Says why no connection came. */
const notConnected = (pool: Pool, established: number, timeout: number): Error => {
  const { totalCount, waitingCount, options } = pool
  return totalCount >= options.max && established >= totalCount
    ? ownError(
        POOL_EXHAUSTED,
        `no connection of the pool became free within ${timeout} ms (all ${options.max} in use, ${waitingCount} callers waiting): raise the max of the pool, or hold connections for less time`,
      )
    : ownError(NOT_CONNECTED, `no connection to the server was made within ${timeout} ms`)
}

/**
 * Runs statements outside of transactions, each on a connection of the pool, without Kysely's own steps: there is
 * nothing to compile. A connection is kept until the end of the next turn of the event loop, for the statement
 * that usually follows at once.
 *
 * @param isPoolExhausted - whether a caller waits for a connection: then none is kept.
 */
const poolShortcut = (
  connect: () => Promise<BoundedConnection>,
  isPoolExhausted: () => boolean,
): DirectExecutor => {
  const kept: BoundedConnection[] = []
  let releasing = false
  const releaseKept = (): void => {
    releasing = false
    for (const client of kept.splice(0)) client.release()
  }
  const keep = (client: BoundedConnection): void => {
    if (isPoolExhausted()) {
      client.release()
      return
    }
    kept.push(client)
    if (releasing) return
    releasing = true
    setImmediate(setImmediate, releaseKept)
  }
  const keeping = <Given>(client: BoundedConnection, answer: Promise<Given>): Promise<Given> =>
    answer.then(
      (given) => {
        keep(client)
        return given
      },
      (error: unknown) => {
        client.release()
        const reason = error as Error
        return Promise.reject(reason)
      },
    )
  const runOn = <Row>(client: BoundedConnection, { sql, parameters }: CompiledQuery<Row>) =>
    keeping(client, client.query<Row>(sql, parameters))
  return {
    together: async (statements) => {
      const client = kept.pop() ?? (await connect())
      const answer = client.together(statements)
      if (answer !== undefined) return keeping(client, answer)
      keep(client)
      return undefined
    },
    executeQuery: (query) => {
      const client = kept.pop()
      return client === undefined
        ? connect().then((fresh) => runOn(fresh, query))
        : runOn(client, query)
    },
  }
}

/** How statements reach a pool. */
interface Access {
  readonly connect: () => Promise<BoundedConnection>
  readonly direct: DirectExecutor
}

/** How statements that have so many milliseconds reach a pool. */
type AccessWithin = (timeout: number) => Access

// One for each way of preparing, however many databases are made of the pool.
const accesses = new WeakMap<Pool, Map<PreparedStatementsMode, AccessWithin>>()

const accessTo = (pool: Pool, preparing: PreparedStatementsMode): AccessWithin => {
  const ways = accesses.get(pool) ?? new Map<PreparedStatementsMode, AccessWithin>()
  accesses.set(pool, ways)
  const known = ways.get(preparing)
  if (known !== undefined) return known
  const clients = new WeakMap<PoolClient, Connection>()
  const established = new Set<PoolClient>()
  const wrapped = (client: PoolClient): Connection => {
    const before = clients.get(client)
    if (before !== undefined) return before
    const made = wrap(client, preparing)
    clients.set(client, made)
    return made
  }
  // At once, and not only when it is first used: the server may end a connection as soon as it is made.
  pool.on('connect', wrapped)
  pool.on('acquire', (client) => established.add(client))
  pool.on('remove', (client) => established.delete(client))
  pool.on('error', ignoreError) // an idle connection that breaks is replaced by the pool itself
  const connectWithin = (timeout: number): Promise<PoolClient> => {
    // One that is idle comes before anything else can happen: that takes no timer.
    const isIdle = pool.idleCount > pool.waitingCount
    const connecting = pool.connect()
    if (isIdle) return connecting
    return withDeadline(connecting, timeout, () => {
      // It may still come: then others can have it.
      connecting.then((late) => late.release(), ignoreError)
      return notConnected(pool, established.size, timeout)
    })
  }
  const timeouts = new Map<number, Access>()
  const access: AccessWithin = (timeout) => {
    const before = timeouts.get(timeout)
    if (before !== undefined) return before
    const boundedClients = new WeakMap<PoolClient, BoundedConnection>()
    const connect = async (): Promise<BoundedConnection> => {
      const client = await connectWithin(timeout)
      const known = boundedClients.get(client)
      if (known !== undefined) return known
      const made = bounded(wrapped(client), timeout)
      boundedClients.set(client, made)
      return made
    }
    const made = { connect, direct: poolShortcut(connect, () => pool.waitingCount > 0) }
    timeouts.set(timeout, made)
    return made
  }
  ways.set(preparing, access)
  return access
}

const kyselyWithin = <Database>(
  pool: Pool,
  preparing: PreparedStatementsMode,
  timeout: number,
  end: () => Promise<void>,
): Kysely<Database> => {
  const { connect, direct } = accessTo(pool, preparing)(timeout)
  const db = kyselyOn<Database>({ connect, end })
  const within = <Tables>(milliseconds: number): Kysely<Tables> =>
    kyselyWithin<Tables>(pool, preparing, milliseconds, () => Promise.resolve())
  const enterTransaction = () => enterWithin(pool, timeout)
  rememberOrigin(db, { _tag: 'Pool', pool, direct, enterTransaction, within })
  return db
}

/**
 * The Kysely that {@link connectPool} answers.
 *
 * @param end - what its `destroy` does.
 */
export const kyselyOnPool = <Database>(
  pool: Pool,
  preparing: PreparedStatementsMode,
  end: () => Promise<void>,
): Kysely<Database> => kyselyWithin(pool, preparing, Infinity, end)

/**
 * A Kysely over `pool` that prepares the library's hot statements, and survives connections that break while they
 * are in use. Use it for the application's own queries too: they are passed on as they are (but see
 * {@link PreparedStatementsMode}). A COMMIT that the server has turned into a ROLLBACK, because a statement before it had failed,
 * is an error. A transaction begins in the round trip of its first statement.
 *
 * `destroy` on the Kysely ends the pool.
 *
 * `preparing` is how statements are prepared: `prepared` by default. Never fails: what is wrong with the pool is the
 * answer to the first statement.
 *
 * @example
 * const db = connectPool<Database>(new Pool({ connectionString: process.env['DATABASE_URL'] }))
 * const backend = postgres(db)
 */
export const connectPool = <Database>(
  pool: Pool,
  preparing: PreparedStatementsMode = 'prepared',
): Kysely<Database> => kyselyOnPool(pool, preparing, () => pool.end())
