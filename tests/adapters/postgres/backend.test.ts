import { PGlite } from '@electric-sql/pglite'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  DummyDriver,
  Kysely,
  PostgresDialect,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { Client, Pool } from 'pg'
import { openCategory } from 'reprise'
import {
  connectPglite,
  connectPool,
  type DatabaseHandle,
  postgres,
  type PostgresBackend,
} from 'reprise/postgres'
import { projectionReader } from '../../../src/shell/projection/reader'
import { runProjection } from '../../../src/shell/projection/run-projection'
import { runSubscription } from '../../../src/shell/subscription/run-subscription'
import { fromStart } from '../../../src/core/subscription-start'
import { totals } from '../../support/balances'
import { add, counter } from '../../support/counter'
import { createDatabase, type TestDatabase } from '../../support/database'
import { eventually } from '../../support/eventually'
import { left, right } from '../../support/right'
import { running } from '../../support/running'
import { appendTicks, type Tick, ticks } from '../../support/ticks'
import { startWorker } from '../../support/workers'

let database: TestDatabase
let pools: Pool[]
const newPool = (max?: number): Pool => {
  const pool = new Pool({ connectionString: database.url, ...(max === undefined ? {} : { max }) })
  pools.push(pool)
  return pool
}
beforeEach(async () => {
  database = await createDatabase()
  pools = []
})
afterEach(async () => {
  await Promise.all(pools.filter(({ ended }) => !ended).map((pool) => pool.end()))
  await database.drop()
})

/** The connections that listen now. */
const listeners = async (): Promise<number> => {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
      where datname = current_database() and query ~ '^(un)?listen'`,
  )
  await client.end()
  return rows[0]?.count ?? 0
}

/** A subscriber that looks by itself so rarely that only a hint explains what it sees. */
const hearing = (backend: PostgresBackend<unknown>, seen: string[] = []) => ({
  seen,
  ...running((signal) =>
    runSubscription<Tick>({
      name: 'hearing',
      from: fromStart,
      events: ticks,
      maxPollInterval: 60_000,
      minPollInterval: 60_000,
      handle: ({ streamId, version }) => TE.fromIO(() => void seen.push(`${streamId}:${version}`)),
    })(backend, { signal }),
  ),
})

describe('ten schemas on one pool of ten connections', () => {
  const schemas = Array.from({ length: 10 }, (_, n) => `tenant_${n}`)
  const open = async (pool: Pool) => {
    const backends = schemas.map((schema) => postgres(pool, { schema }))
    for (const { migrate } of backends) await right(migrate)
    return backends
  }

  it('run, each with a subscriber, and leave the pool to its owner', async () => {
    const pool = newPool()
    const backends = await open(pool)
    const subscribers = backends.map((backend) => hearing(backend))
    await eventually(async () => (await listeners()) === 1)
    for (const { store } of backends) await appendTicks(store, 'tick-1', 1)
    await eventually(() => subscribers.every(({ seen }) => seen.length === 1))
    expect(await listeners()).toBe(1)
    await Promise.all(subscribers.map(({ stop }) => stop()))
    await Promise.all(backends.map(({ close }) => close()))
    expect(await listeners()).toBe(0)
    expect((await pool.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }])
  }, 30_000)

  it('are woken each by its own appends from another process', async () => {
    const backends = await open(newPool())
    const others = await open(newPool())
    const woken = backends.map(() => 0)
    for (const [n, { wakeUps }] of backends.entries()) wakeUps.listen(() => void (woken[n]! += 1))
    await eventually(() => woken.every((times) => times > 0)) // all of them are listened to
    woken.fill(0)
    await appendTicks(others[3]!.store, 'tick-1', 1)
    await eventually(() => woken[3] === 1)
    expect(woken.filter((times) => times > 0)).toHaveLength(1)
    await Promise.all([...backends, ...others].map(({ close }) => close()))
  }, 30_000)

  it('add no more listeners to the pool and its clients than one schema does', async () => {
    const pool = newPool(1)
    await right(postgres(pool, { schema: 'tenant_0' }).migrate)
    const client = await pool.connect()
    const before = [pool.listenerCount('connect'), client.listenerCount('error')]
    client.release()
    await open(pool)
    const again = await pool.connect()
    expect([pool.listenerCount('connect'), again.listenerCount('error')]).toEqual(before)
    again.release()
  })
})

describe('what a backend is made on', () => {
  const works = async (backend: PostgresBackend<unknown>) => {
    await right(backend.migrate)
    const counters = openCategory(counter, backend)
    const run = running((signal) => runProjection(totals())(backend, { signal }))
    const [position] = await appendTicks(backend.store, 'tick-1', 5)
    const reader = projectionReader(totals())(backend)
    await right(reader.until(position ?? 0, 20_000))
    expect(await right(reader.get('tick-1'))).toEqual({ sum: 5, events: 1 })
    expect(await right(counters.handleCommand('a', add(1)))).toMatchObject({ version: 1 })
    expect(await run.stop()).toEqual(E.right(undefined))
    await backend.close()
    await backend.close()
  }

  it('may be a pool, which stays open', async () => {
    const pool = newPool()
    await works(postgres(pool))
    expect(pool.ending).toBe(false)
  })

  it('may be a Kysely of connectPool, with plugins or without', async () => {
    const db = connectPool<unknown>(newPool())
    await works(postgres(db))
    await works(postgres(db.withSchema('elsewhere'), { schema: 'other' }))
  })

  it('may be a Kysely on a dialect of the caller’s own', async () => {
    await works(postgres(new Kysely({ dialect: new PostgresDialect({ pool: newPool() }) })))
    expect(await listeners()).toBe(0)
  })

  it('may be a PGlite, or a Kysely on it, which stays open', async () => {
    const pglite = new PGlite()
    await works(postgres(pglite))
    await works(postgres(connectPglite(pglite), { schema: 'other' }))
    expect(pglite.closed).toBe(false)
    await pglite.close()
  }, 90_000)

  const sqlite = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
  const wrong: ReadonlyArray<readonly [string, () => unknown, string]> = [
    ['a client', () => new Client(), 'it was given a single client'],
    ['an address', () => 'postgres://localhost', 'it was given string'],
    ['nothing', () => undefined, 'it was given undefined'],
    ['a Kysely of SQLite', () => sqlite, 'a Kysely of another database'],
  ]
  it.each(wrong)('is not %s: each call says so', async (_what, make, message) => {
    const backend = postgres(make() as DatabaseHandle<unknown>)
    const failure = {
      _tag: 'StoreFailed',
      reason: 'Unavailable',
      outcome: 'nothingWritten',
      message: expect.stringContaining(message),
    }
    expect(await left(backend.migrate)).toMatchObject(failure)
    expect(await left(openCategory(counter, backend).handleCommand('a', add(1)))).toMatchObject(
      failure,
    )
    const { signal } = new AbortController()
    expect(await left(runProjection(totals())(backend, { signal }))).toMatchObject(failure)
    await backend.close()
  })

  it('is not a transaction: each call says so', async () => {
    const db = connectPool<unknown>(newPool())
    const transaction = await db.startTransaction().execute()
    const error = await left(postgres(transaction).store.read('a-1', { after: 0, limit: 1 }))
    expect(error.message).toContain('postgres() was given a transaction')
    await transaction.rollback().execute()
  })
})

describe('hints', () => {
  const opened = async (backend: PostgresBackend<unknown>): Promise<PostgresBackend<unknown>> => {
    await right(backend.migrate)
    return backend
  }

  it('come of an append in the caller’s own transaction, too', async () => {
    const backend = await opened(postgres(newPool()))
    const { seen, stop } = hearing(backend)
    await appendTicks(backend.store, 'tick-1', 1)
    await eventually(() => seen.length === 1)
    await backend.db.transaction().execute(async (transaction) => {
      await appendTicks(backend.store.inTransaction(transaction), 'tick-1', 2)
    })
    await eventually(() => seen.length === 2)
    await stop()
    await backend.close()
  })

  it('with `poll` stay in this process, and nothing is said to the server', async () => {
    const pool = newPool()
    const said: string[] = []
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...all: ReadonlyArray<unknown>) => unknown
      const watching = (...all: ReadonlyArray<unknown>): unknown => {
        const [config] = all
        said.push(typeof config === 'string' ? config : (config as { readonly text: string }).text)
        return query(...all)
      }
      Object.assign(client, { query: watching })
    })
    const backend = await opened(postgres(pool, { wakeUps: 'poll' }))
    const { seen, stop } = hearing(backend)
    for (let version = 1; version <= 3; version++) {
      await appendTicks(backend.store, 'tick-1', version)
      await eventually(() => seen.length === version)
    }
    await stop()
    await backend.close()
    expect(said.filter((text) => /^(un)?listen|^notify/.test(text))).toEqual([])
  })

  it('come over a client of the caller’s choice, one for all who are given the same', async () => {
    let made = 0
    const listenWith = () => {
      made++
      return new Client({ connectionString: database.url })
    }
    const open = (schema: string) => {
      const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: newPool() }) })
      return opened(postgres(db, { schema, wakeUps: { listenWith } }))
    }
    const [one, two] = [await open('one'), await open('two')]
    const [first, second] = [hearing(one), hearing(two)]
    await eventually(async () => (await listeners()) === 1)
    const other = newPool()
    await appendTicks(postgres(other, { schema: 'two' }).store, 'tick-1', 1)
    await appendTicks(postgres(other, { schema: 'one' }).store, 'tick-1', 1)
    await eventually(() => first.seen.length === 1 && second.seen.length === 1)
    expect(made).toBe(1)
    await Promise.all([first.stop(), second.stop()])
    await Promise.all([one.close(), two.close()])
    expect(await listeners()).toBe(0)
  })

  it('come by PGlite’s own notifications, also when a transaction was rolled back meanwhile', async () => {
    const pglite = new PGlite()
    const backend = await opened(postgres(pglite))
    const rolledBack = await backend.db.startTransaction().execute()
    let hints = 0
    backend.wakeUps.listen(() => {
      hints++
    })
    for (let turn = 0; turn < 20; turn++) await pglite.query('select 1')
    await rolledBack.rollback().execute()
    await eventually(() => hints === 1) // it listens
    const other = await opened(postgres(pglite, { schema: 'other' }))
    await appendTicks(other.store, 'tick-1', 1)
    const channel = (
      await pglite.query<{ channel: string }>('select pg_listening_channels() as channel')
    ).rows[0]?.channel
    await pglite.exec(`notify ${channel}`)
    await eventually(() => hints === 2)
    await backend.close()
    expect((await pglite.query('select pg_listening_channels()')).rows).toEqual([])
    await other.close()
    await pglite.close()
  })

  it('keep no process alive that has forgotten to close', async () => {
    const worker = startWorker('adapters/postgres/backend.worker.ts', database.url)
    expect(await worker.ended).toBe(0)
  }, 30_000)

  it('are few, and none is owed when the backend has closed', async () => {
    const backend = await opened(postgres(newPool()))
    const client = new Client({ connectionString: database.url })
    await client.connect()
    let notifications = 0
    client.on('notification', () => {
      notifications++
    })
    const silence = backend.wakeUps.listen(() => undefined)
    const [row] = await eventually(async () => {
      const { rows } = await client.query<{ query: string }>(
        `select query from pg_stat_activity where query like 'listen%' and datname = current_database()`,
      )
      return rows.length > 0 && rows
    })
    await client.query(row!.query)
    for (let n = 0; n < 5; n++) backend.wakeUps.signal()
    await backend.close()
    await client.query('select 1')
    silence()
    expect(notifications).toBeGreaterThan(0)
    expect(notifications).toBeLessThan(3)
    await client.end()
  })
})
