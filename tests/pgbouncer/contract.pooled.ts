import { Pool } from 'pg'
import { CompiledQuery, type Kysely } from 'kysely'
import { connectPool, type Preparing } from '../../src/adapters/postgres/connection'
import { migrate } from '../../src/adapters/postgres/migrate'
import { postgresStore } from '../../src/adapters/postgres/postgres-store'
import type { EventStore } from '../../src/core/ports/event-store'
import { storeContract } from '../../src/testing/store-contract/contract'
import { cli } from '../support/cli'
import { createDatabase, type TestDatabase } from '../support/database'
import { left, right } from '../support/right'
import { appending } from '../support/tally'

let database: TestDatabase
let pooled: string
const open: Kysely<unknown>[] = []

const connect = (preparing: Preparing, max = 10): Kysely<unknown> => {
  const db = connectPool<unknown>(new Pool({ connectionString: pooled, max }), preparing)
  open.push(db)
  return db
}

let store: EventStore
let second: EventStore
beforeAll(async () => {
  database = await createDatabase()
  const url = new URL(process.env['TEST_PGBOUNCER_URL']!)
  url.pathname = new URL(database.url).pathname
  pooled = url.href
  const db = connect('unprepared')
  await right(migrate(db))
  store = postgresStore(db)
  second = postgresStore(connect('unprepared'))
})
afterAll(async () => {
  await Promise.all(open.map((db) => db.destroy()))
  await database.drop()
})

storeContract({
  name: 'PostgreSQL behind PgBouncer',
  open: () => Promise.resolve({ store, second, close: () => Promise.resolve() }),
  describe,
  it,
})

describe('behind PgBouncer in transaction mode', () => {
  it('a prepared statement is missing in the next process, which is why they are switched off', async () => {
    const prepared = postgresStore(connect('prepared', 1))
    await right(prepared.read('counter-1', { after: 0, limit: 1 }))
    const busy = await connect('unprepared').startTransaction().execute()
    await busy.executeQuery(CompiledQuery.raw('select 1')) // keeps the process that was just used
    const error = await left(prepared.read('counter-1', { after: 0, limit: 1 }))
    await busy.rollback().execute()
    expect(error.message).toMatch(/prepared statement .* does not exist/)
  })

  it('the store goes on all the same', async () => {
    await right(store.append(appending('counter-still-there')))
  })

  it('the doctor says so', async () => {
    const { exitCode, out } = await cli(['doctor', '--json', '--url', pooled])
    expect(exitCode).toBe(0)
    const { checks } = JSON.parse(out) as {
      readonly checks: ReadonlyArray<{ readonly name: string; readonly status: string }>
    }
    expect(checks.find(({ name }) => name === 'prepared')).toMatchObject({
      status: 'warning',
      advice: expect.stringContaining("'unprepared'"),
    })
  })
})
