import * as E from 'fp-ts/Either'
import { sql } from 'kysely'
import { Client } from 'pg'
import { postgres, type PostgresOptions } from '../../../../src/adapters/postgres/backend'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'

let database: MigratedDatabase<unknown>
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.close())

const numbered = (prefix: string, number: number): ReadonlyArray<string> =>
  Array.from({ length: number }, (_, n) => `${prefix}-${n}`)

/** A transaction of an application that has stored the first event of some streams, and does not end. */
const lock = async (streams: ReadonlyArray<string>): Promise<{ end: () => Promise<void> }> => {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query('begin')
  await client.query(
    `insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
     select s, 1, gen_random_uuid(), 'Added', 1, now(), '{}', '{}' from unnest($1::text[]) as s`,
    [streams],
  )
  return {
    end: async () => {
      await client.query('rollback')
      await client.end()
    },
  }
}

/** How many statements of appends wait for a lock of another transaction. */
const waitingStatements = async (client: Client): Promise<number> => {
  const { rows } = await client.query<{ n: number }>(
    `select count(*)::integer as n from pg_locks where locktype = 'transactionid' and not granted`,
  )
  return rows[0]?.n ?? 0
}

const MARK = { commandId: 'once', skip: 0, eventCount: 0 }

const storeWith = (connections: number, options: PostgresOptions<unknown> = {}) =>
  postgres(database.connect(connections), options).store

const once = (streamId: string) => ({
  ...appending(streamId),
  expectedVersion: 'mustNotExist' as const,
})

const timed = async <Answer>(work: () => Promise<Answer>) => {
  const start = performance.now()
  const answer = await work()
  return { answer, took: performance.now() - start }
}

describe.each([10, 1])('with a pool of %i, streams that another transaction has locked', (pool) => {
  it('do not hold up appends to other streams, and are stored once when the lock is gone', async () => {
    const store = storeWith(pool)
    const prefix = `many${pool}`
    const streams = numbered(`${prefix}locked`, 12) // more than there are statements at a time, and connections
    const held = await lock(streams)
    const locked = streams.map((streamId) => store.append(once(streamId))())
    const { answer, took } = await timed(() =>
      Promise.all(numbered(`${prefix}free`, 300).map((streamId) => store.append(once(streamId))())),
    )
    expect(answer.every(E.isRight)).toBe(true)
    expect(took).toBeLessThan(20_000)
    // From now on it is known which ones are locked, and they cost the others nothing.
    const later = await timed(() => right(store.append(once(`${prefix}later-1`))))
    expect(later.took).toBeLessThan(10_000)
    await held.end()
    for (const result of await Promise.all(locked)) {
      expect(result).toMatchObject({ right: { version: 1 } })
    }
    for (const streamId of streams) {
      const { events } = await right(store.read(streamId, { after: 0, limit: 10 }))
      expect(events).toHaveLength(1)
    }
  }, 30_000)
})

describe('streams that another transaction has locked', () => {
  it('occupy a quarter of the pool at most', async () => {
    const store = storeWith(8)
    const held = await lock(numbered('quarter', 12))
    const observer = new Client({ connectionString: database.url })
    await observer.connect()
    const appends = numbered('quarter', 12).map((streamId) => store.append(once(streamId))())
    const mostWithin = async (milliseconds: number): Promise<number> => {
      const end = performance.now() + milliseconds
      let most = 0
      while (performance.now() < end) most = Math.max(most, await waitingStatements(observer))
      return most
    }
    // Once the groups have been split up, and for good.
    await eventually(async () => (await mostWithin(500)) === 2)
    await held.end()
    await observer.end()
    expect((await Promise.all(appends)).every(E.isRight)).toBe(true)
  })

  it('are found in a group of many, and the rest of the group is stored', async () => {
    const store = storeWith(10)
    const streams = numbered('amid', 500)
    const held = await lock(['amid-3', 'amid-77', 'amid-499'])
    const results = streams.map((streamId) => store.append(once(streamId))())
    const free = results.filter((_, n) => ![3, 77, 499].includes(n))
    const { answer, took } = await timed(() => Promise.all(free))
    expect(answer.every(E.isRight)).toBe(true)
    expect(took).toBeLessThan(20_000)
    await held.end()
    expect((await Promise.all(results)).every(E.isRight)).toBe(true)
  })

  it('are waited for in turns: one that is free again is stored while the others stay locked', async () => {
    const store = storeWith(4)
    const held = await lock(numbered('turn', 6))
    const other = await lock(['freed-1'])
    const stuck = numbered('turn', 6).map((streamId) => store.append(once(streamId))())
    const freed = store.append(once('freed-1'))()
    await right(store.append(once('turnfree-1')))
    await other.end()
    expect(await freed).toMatchObject({ right: { version: 1 } })
    await held.end()
    expect((await Promise.all(stuck)).every(E.isRight)).toBe(true)
  })

  it('fail at the deadline of a statement, and nothing was written', async () => {
    const store = storeWith(4, { statementTimeout: 1_000 })
    const held = await lock(['hopeless-1'])
    const { answer, took } = await timed(() =>
      Promise.all([
        left(store.append(once('hopeless-1'))),
        left(store.append(appending('hopeless-1', 2))),
      ]),
    )
    for (const failed of answer) {
      expect(failed).toMatchObject({ reason: 'TimedOut', outcome: 'nothingWritten' })
    }
    expect(took).toBeLessThan(10_000)
    await held.end()
    await eventually(async () => E.isRight(await store.append(once('hopeless-1'))()))
    const { events } = await right(store.read('hopeless-1', { after: 0, limit: 10 }))
    expect(events).toHaveLength(1)
  })

  it('leave no setting behind on the connection', async () => {
    const db = database.connect(1)
    const { store } = postgres(db)
    await right(store.append(once('setting-1')))
    await right(store.append({ ...appending('setting-2', 0), commands: [MARK] }))
    const { rows } = await sql<{ lock_timeout: string }>`show lock_timeout`.execute(db)
    expect(rows).toEqual([{ lock_timeout: '0' }])
  })
})

describe('a transaction of an application', () => {
  it('waits for a lock for as long as the application says', async () => {
    const db = database.connect(4)
    const { store } = postgres(db)
    const held = await lock(['patient-1'])
    const answer = db
      .transaction()
      .execute((transaction) => store.inTransaction(transaction).append(appending('patient-1'))())
    const observer = new Client({ connectionString: database.url })
    await observer.connect()
    await eventually(async () => (await waitingStatements(observer)) === 1)
    const since = performance.now()
    await eventually(() => performance.now() - since > 200)
    expect(await waitingStatements(observer)).toBe(1)
    await held.end()
    await observer.end()
    expect(await answer).toMatchObject({ right: { version: 1 } })
  })
})
