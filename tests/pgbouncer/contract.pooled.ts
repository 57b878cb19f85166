import * as TE from 'fp-ts/TaskEither'
import { Pool } from 'pg'
import { CompiledQuery, type Kysely } from 'kysely'
import { connectPool } from '../../src/adapters/postgres/connection/pool'
import type { PreparedStatementsMode } from '../../src/adapters/postgres/connection/prepared-statements'
import { postgres, type PostgresBackend } from '../../src/adapters/postgres/backend'
import { boundaryStoreContract } from '../../src/testing/store-contract/boundary-contract'
import { storeContract } from '../../src/testing/store-contract/contract'
import { runSubscription } from '../../src/shell/subscription/run-subscription'
import { fromStart } from '../../src/core/subscription-start'
import { readSideContracts } from '../contracts/read-side-contracts'
import { cli } from '../support/cli'
import { createDatabase, type TestDatabase } from '../support/database'
import { eventually } from '../support/eventually'
import { left, right } from '../support/right'
import { running } from '../support/running'
import { appending } from '../support/tally'
import { appendTicks, type Tick, ticks } from '../support/ticks'

let database: TestDatabase
let pooled: string
const open: Kysely<unknown>[] = []

const connect = (preparing: PreparedStatementsMode, max = 10): Kysely<unknown> => {
  const db = connectPool<unknown>(new Pool({ connectionString: pooled, max }), preparing)
  open.push(db)
  return db
}

let side: PostgresBackend<unknown>
let secondSide: PostgresBackend<unknown>
beforeAll(async () => {
  database = await createDatabase()
  const url = new URL(process.env['TEST_PGBOUNCER_URL']!)
  url.pathname = new URL(database.url).pathname
  pooled = url.href
  const db = connect('unprepared')
  side = postgres(db, { wakeUps: 'poll' })
  secondSide = postgres(connect('unprepared'), { wakeUps: 'poll' })
  await right(side.migrate)
})
afterAll(async () => {
  await side.close()
  await secondSide.close()
  await Promise.all(open.map((db) => db.destroy()))
  await database.drop()
})

const subject = {
  name: 'PostgreSQL behind PgBouncer',
  open: () =>
    Promise.resolve({
      store: side.store,
      second: secondSide.store,
      close: () => Promise.resolve(),
    }),
  describe,
  it,
}
storeContract(subject)
boundaryStoreContract(subject)

readSideContracts(
  'PostgreSQL behind PgBouncer',
  () => side,
  () => secondSide,
)

describe('behind PgBouncer in transaction mode', () => {
  it.each(['without', 'with'])('a subscription %s wake-ups finds everything', async (which) => {
    const pool = new Pool({ connectionString: pooled, max: 2 })
    // Nothing is received through the pooler.
    const backend = postgres(
      connectPool(pool, 'unprepared'),
      which === 'with' ? {} : { wakeUps: 'poll' },
    )
    const seen: number[] = []
    const run = running((signal) =>
      runSubscription<Tick>({
        name: `looking ${which} wake-ups`,
        from: fromStart,
        events: ticks,
        categories: [which],
        handle: ({ version }) => TE.fromIO(() => void seen.push(version)),
      })(backend, { signal }),
    )
    for (let version = 1; version <= 5; version++) {
      await appendTicks(secondSide.store, `${which}-1`, version)
      await eventually(() => seen.length === version)
    }
    await run.stop()
    await backend.close()
    await pool.end()
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })

  it('a prepared statement is missing in the next process, which is why they are switched off', async () => {
    const prepared = postgres(connect('prepared', 1)).store
    await right(prepared.read('counter-1', { after: 0, limit: 1 }))
    const busy = await connect('unprepared').startTransaction().execute()
    await busy.executeQuery(CompiledQuery.raw('select 1')) // keeps the process that was just used
    const error = await left(prepared.read('counter-1', { after: 0, limit: 1 }))
    await busy.rollback().execute()
    expect(error.message).toMatch(/prepared statement .* does not exist/)
  })

  it('the store continues nevertheless', async () => {
    await right(side.store.append(appending('counter-still-there')))
  })

  it('the doctor says so', async () => {
    const { exitCode, out } = await cli(['doctor', '--json', '--url', pooled])
    expect(exitCode).toBe(0)
    const { findings } = JSON.parse(out) as {
      readonly findings: ReadonlyArray<{ readonly check: string; readonly level: string }>
    }
    expect(findings.find(({ check }) => check === 'prepared')).toMatchObject({
      level: 'warning',
      advice: expect.stringContaining("'unprepared'"),
    })
  })
})
