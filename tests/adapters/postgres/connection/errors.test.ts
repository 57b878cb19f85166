import { createServer, type Server } from 'node:net'
import { CompiledQuery, type Kysely } from 'kysely'
import { Client, Pool } from 'pg'
import { toStoreFailed } from '../../../../src/adapters/postgres/connection/errors'
import { connectPool } from '../../../../src/adapters/postgres/connection/pool'
import { type PostgresStore, postgres } from '../../../../src/adapters/postgres/backend'
import type { EventStore } from '../../../../src/core/ports/event-store'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'
import { until } from '../../../support/until'

let database: MigratedDatabase<unknown>
let admin: Client
let db: Kysely<unknown>
let store: PostgresStore<unknown>
beforeAll(async () => {
  database = await migratedDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  db = database.connect()
  store = postgres(db).store
})
afterAll(async () => {
  await admin.end()
  await database.close()
})

const changed = (change: (url: URL) => void): string => {
  const url = new URL(database.url)
  change(url)
  return url.href
}

/** A store at `url`, used once: what it answers to an append and to a read. */
const answersAt = async (url: string, options: object = {}) => {
  const own = connectPool<unknown>(new Pool({ connectionString: url, ...options }))
  const there = postgres(own).store
  try {
    return {
      append: await left(there.append(appending('counter-1'))),
      read: await left(there.read('counter-1', { after: 0, limit: 1 })),
    }
  } finally {
    await own.destroy()
  }
}

const failed = (reason: string, outcome: string) => ({ _tag: 'StoreFailed', reason, outcome })

describe('a store without a database', () => {
  it.each([
    ['server down', 'Unavailable', (url: URL) => (url.port = '1')],
    ['no such host', 'Unavailable', (url: URL) => (url.hostname = 'host.invalid')],
    ['no such database', 'Unavailable', (url: URL) => (url.pathname = '/nowhere')],
    ['wrong password', 'AccessDenied', (url: URL) => (url.password = 'wrong')],
    ['no such user', 'AccessDenied', (url: URL) => (url.username = 'nobody')],
    ['no TLS', 'Unavailable', (url: URL) => url.searchParams.set('sslmode', 'verify-full')],
  ])('says so: %s', async (_name, reason, change) => {
    const { append, read } = await answersAt(changed(change))
    expect(append).toMatchObject(failed(reason, 'nothingWritten'))
    expect(read).toMatchObject(failed(reason, 'nothingWritten'))
  })

  it('says so: a server that never answers', async () => {
    const server: Server = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const url = changed((there) => (there.port = String(port)))
    const { append } = await answersAt(url, { connectionTimeoutMillis: 200 })
    expect(append).toMatchObject(failed('Unavailable', 'nothingWritten'))
    await new Promise((resolve) => server.close(resolve))
  })

  it('says so: a pool that has ended', async () => {
    const pool = new Pool({ connectionString: database.url })
    const ended = postgres(connectPool<unknown>(pool)).store
    await pool.end()
    expect(await left(ended.append(appending('counter-1')))).toMatchObject(
      failed('Unavailable', 'nothingWritten'),
    )
  })

  it('names the command that makes the tables when they are missing', async () => {
    const absent: EventStore = postgres(db, { schema: 'absent' }).store
    for (const error of [
      await left(absent.append(appending('counter-1'))),
      await left(absent.read('counter-1', { after: 0, limit: 1 })),
      await left(absent.load({ streamId: 'counter-1', after: 0, limit: 1 })),
      await left(absent.readAll({ after: 0, limit: 1 })),
      await left(absent.streams({ after: '', limit: 1 })),
    ]) {
      expect(error).toMatchObject(failed('NotMigrated', 'nothingWritten'))
      expect(error.message).toContain('npx reprise migrate')
    }
  })

  it('says so: a user without rights', async () => {
    const role = `stranger_${process.pid}`
    await admin.query(`create role ${role} login password 'x'`)
    const url = changed((there) => {
      there.username = role
      there.password = 'x'
    })
    const { append, read } = await answersAt(url)
    await admin.query(`drop role ${role}`)
    expect(append).toMatchObject(failed('AccessDenied', 'nothingWritten'))
    expect(read).toMatchObject(failed('AccessDenied', 'nothingWritten'))
  })
})

/** Locks the events, so that an append waits; hands its process over; lets go at the end. */
const whileWaiting = async (
  append: Promise<unknown>,
  act: (pid: number) => Promise<unknown>,
): Promise<unknown> => {
  const pid = await until(async () => {
    const { rows } = await admin.query<{ pid: number }>(
      `select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    )
    return rows[0]?.pid
  })
  await act(pid)
  return append
}

describe('a statement that is under way', () => {
  let blocker: Client
  beforeEach(async () => {
    blocker = new Client({ connectionString: database.url })
    await blocker.connect()
    await blocker.query('begin; lock table reprise.events in access exclusive mode')
  })
  afterEach(() => blocker.end())

  it('leaves its outcome open when its connection is cut', async () => {
    const append = left(store.append(appending('counter-cut')))
    const error = await whileWaiting(append, (pid) =>
      admin.query('select pg_terminate_backend($1)', [pid]),
    )
    expect(error).toMatchObject(failed('ConnectionLost', 'unknown'))
    await blocker.query('rollback')
    await right(store.append(appending('counter-cut'))) // the pool has replaced it
  })

  it('has written nothing when it is a read whose connection is cut', async () => {
    const read = left(store.read('counter-cut', { after: 0, limit: 1 }))
    const error = await whileWaiting(read, (pid) =>
      admin.query('select pg_terminate_backend($1)', [pid]),
    )
    expect(error).toMatchObject(failed('ConnectionLost', 'nothingWritten'))
  })

  it('has written nothing when it is cancelled', async () => {
    const append = left(store.append(appending('counter-cancelled')))
    const error = await whileWaiting(append, async (pid) => {
      // Tried a second time by the store when it was refused in company; alone it is answered.
      await admin.query('select pg_cancel_backend($1)', [pid])
    })
    expect(error).toMatchObject(failed('TimedOut', 'nothingWritten'))
  })

  it.each([
    ['statement_timeout', 'TimedOut'],
    ['lock_timeout', 'TimedOut'],
  ])('has written nothing when it runs into %s', async (setting, reason) => {
    const own = connectPool<unknown>(
      new Pool({ connectionString: database.url, options: `-c ${setting}=50` }),
    )
    const limited = postgres(own, { statementTimeout: 2_000 }) // locks are waited for in turns
    const error = await left(limited.store.append(appending('counter-late')))
    await own.destroy()
    expect(error).toMatchObject(failed(reason, 'nothingWritten'))
  })

  it('leaves its outcome open when the driver gives up waiting', async () => {
    const own = connectPool<unknown>(
      new Pool({ connectionString: database.url, query_timeout: 500 }),
    )
    const error = await left(postgres(own).store.append(appending('counter-unheard')))
    await blocker.query('rollback')
    await own.destroy()
    expect(error).toMatchObject(failed('TimedOut', 'unknown'))
  })
})

describe('a transaction of the caller', () => {
  it('that loses as SERIALIZABLE fails', async () => {
    await right(store.append(appending('counter-serial')))
    const transaction = await db.startTransaction().setIsolationLevel('serializable').execute()
    await transaction.executeQuery(CompiledQuery.raw('select count(*) from reprise.events'))
    await right(store.append(appending('counter-serial')))
    const error = await left(store.inTransaction(transaction).append(appending('counter-serial')))
    await transaction.rollback().execute()
    expect(error).toMatchObject(failed('TransactionRefused', 'nothingWritten'))
  })

  it('that is part of a deadlock fails, and the other one continues', async () => {
    const [one, two] = [
      await db.startTransaction().execute(),
      await db.startTransaction().execute(),
    ]
    const [in1, in2] = [store.inTransaction(one), store.inTransaction(two)]
    await right(in1.append(appending('counter-a')))
    await right(in2.append(appending('counter-b')))
    const first = in1
      .append(appending('counter-b'))()
      .then(async (answer) => {
        await (answer._tag === 'Left' ? one.rollback() : one.commit()).execute()
        return answer
      })
    const second = in2
      .append(appending('counter-a'))()
      .then(async (answer) => {
        await (answer._tag === 'Left' ? two.rollback() : two.commit()).execute()
        return answer
      })
    const answers = await Promise.all([first, second])
    expect(answers.filter(({ _tag }) => _tag === 'Right')).toHaveLength(1)
    expect(answers.find(({ _tag }) => _tag === 'Left')).toMatchObject({
      left: failed('TransactionRefused', 'nothingWritten'),
    })
  })

  it('that has failed before fails again', async () => {
    const transaction = await db.startTransaction().execute()
    await expect(transaction.executeQuery(CompiledQuery.raw('select 1/0'))).rejects.toThrow()
    const error = await left(store.inTransaction(transaction).append(appending('counter-1')))
    await transaction.rollback().execute()
    expect(error).toMatchObject(failed('TransactionAborted', 'nothingWritten'))
  })

  it('that is read-only fails', async () => {
    const transaction = await db.startTransaction().setAccessMode('read only').execute()
    const error = await left(store.inTransaction(transaction).append(appending('counter-1')))
    await transaction.rollback().execute()
    expect(error).toMatchObject(failed('TransactionRefused', 'nothingWritten'))
  })
})

describe('sessions that are read-only', () => {
  it('are given up, each after one failure at most, as a server leaves them after a failover', async () => {
    const { rows } = await admin.query<{ name: string }>('select current_database() as name')
    const setting = `alter database "${rows[0]?.name ?? ''}" set default_transaction_read_only to`
    const pool = new Pool({ connectionString: database.url, max: 4 })
    const { store: pooled, close } = postgres(pool)
    await admin.query(`${setting} on`)
    await Promise.all(Array.from({ length: 4 }, () => pool.query('select pg_sleep(0.2)')))
    await admin.query(`${setting} off`)
    expect(pool.totalCount).toBe(4)

    let failures = 0
    for (let n = 0; n < 20; n++) {
      const answer = await pooled.append(appending('counter-read-only'))()
      if (answer._tag === 'Left') failures += 1
    }
    expect(failures).toBeGreaterThan(0)
    expect(failures).toBeLessThanOrEqual(4)
    await close()
    await pool.end()
  })
})

describe('idle connections', () => {
  it('that are cut do not end the process, and are replaced', async () => {
    await Promise.all(
      Array.from({ length: 5 }, (_, n) => right(store.append(appending(`counter-idle${n}`)))),
    )
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await until(async () => {
      const answer = await store.append(appending('counter-after'))()
      return answer._tag === 'Right' ? true : undefined
    })
  })
})

describe('an error of a server that speaks another language', () => {
  const german = (code: string, more: object = {}) =>
    Object.assign(new Error('FEHLER: das ist nicht Englisch'), { code, ...more })

  it.each([
    ['40001', {}, 'TransactionRefused'],
    ['40P01', {}, 'TransactionRefused'],
    ['0A000', { routine: 'RevalidateCachedQuery' }, 'TransactionRefused'],
    ['23505', { constraint: 'events_position_key' }, 'SequenceBehind'],
    ['26000', {}, 'TransactionRefused'],
    ['42P01', {}, 'NotMigrated'],
    ['42501', {}, 'AccessDenied'],
    ['22021', {}, 'DataRefused'],
    ['25P03', {}, 'TransactionIdle'],
    ['57014', {}, 'TimedOut'],
    ['53300', {}, 'Unavailable'],
    ['57P01', {}, 'ConnectionLost'],
  ])('is understood by its codes, whatever its words are', (code, more, reason) => {
    expect(toStoreFailed('none')(german(code, more))).toMatchObject(
      failed(reason, 'nothingWritten'),
    )
  })
})
