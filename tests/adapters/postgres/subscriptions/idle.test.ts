import { setTimeout as pause } from 'node:timers/promises'
import * as TE from 'fp-ts/TaskEither'
import { Client, Pool } from 'pg'
import { fromEnd, runProcessManager, runProjection, runSubscription, runWorkers } from 'reprise'
import { postgres, type PostgresBackend } from 'reprise/postgres'
import { totals } from '../../../support/balances'
import { createDatabase, type TestDatabase } from '../../../support/database'
import { eventually } from '../../../support/eventually'
import { right } from '../../../support/right'
import { appendTicks, type Tick, ticks } from '../../../support/ticks'
import { bankOn, transferring } from '../../../support/transfers'
import { scaled } from '../../../support/workers'

/** REPRISE_IDLE_SCHEMAS=40 gives the figure of docs/how-to/production.md. */
const SCHEMAS = scaled('REPRISE_IDLE_SCHEMAS', 8)
const SECONDS = 10
/** Until polls have become rare, and idle connections have reported what they counted: after ten seconds. */
const SETTLING = 15_000

let database: TestDatabase
let admin: Client
let pool: Pool
beforeAll(async () => {
  database = await createDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  pool = new Pool({ connectionString: database.url, max: 10 })
})
afterAll(async () => {
  await admin.end()
  await pool.end()
  await database.drop()
})

const transactions = async (): Promise<number> => {
  const { rows } = await admin.query<{ count: string }>(
    'select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()',
  )
  return Number(rows[0]?.count)
}

const workersOn = (backend: PostgresBackend<unknown>, seen: string[]) =>
  runWorkers(
    {
      totals: runProjection(totals()),
      mails: runSubscription<Tick>({
        name: 'mails',
        from: fromEnd,
        events: ticks,
        handle: ({ streamId }) => TE.fromIO(() => void seen.push(streamId)),
      }),
      transfers: runProcessManager(transferring, bankOn(backend.store).dispatch, { from: fromEnd }),
    },
    backend,
  )

describe(`${SCHEMAS} idle schemas with three workers each`, () => {
  it('cost less than four transactions a second each, and are woken at once', async () => {
    const seen: string[] = []
    const backends = Array.from({ length: SCHEMAS }, (_, n) =>
      postgres(pool, { schema: `tenant_${n}` }),
    )
    for (const { migrate } of backends) await right(migrate)
    const running = backends.map((backend) => workersOn(backend, seen))
    try {
      await eventually(() => running.every(({ health }) => health().healthy), 60_000)
      await pause(SETTLING)
      // On a busy machine polls become rare later.
      let perSecond = Infinity
      for (let times = 0; times < 5 && perSecond >= 4 * SCHEMAS; times++) {
        const before = await transactions()
        await pause(SECONDS * 1_000)
        perSecond = ((await transactions()) - before) / SECONDS
      }
      process.stderr.write(`${SCHEMAS} idle schemas: ${perSecond} transactions a second\n`)
      expect(perSecond).toBeLessThan(4 * SCHEMAS) // 0.8 on a machine with nothing else to do; 11 without what is tested here

      const sentAt = performance.now()
      const last = backends.at(-1)
      if (last !== undefined) await appendTicks(last.store, 'tick-woken', 1)
      await eventually(() => seen.includes('tick-woken'))
      expect(performance.now() - sentAt).toBeLessThan(1_000)
    } finally {
      await Promise.all(running.map(({ stop }) => stop()))
      await Promise.all(backends.map(({ close }) => close()))
    }
  }, 300_000)

  it('find within a heartbeat what no wake-up has announced', async () => {
    const seen: string[] = []
    const [backend, silent] = [
      postgres(pool, { schema: 'tenant_0' }),
      postgres(pool, { schema: 'tenant_0', wakeUps: 'poll' }),
    ]
    const running = workersOn(backend, seen)
    try {
      await eventually(() => running.health().healthy)
      await eventually(() => backend.wakeUps.isListening?.() === true)
      await pause(3_000)
      await appendTicks(silent.store, 'tick-silent', 1)
      await eventually(() => seen.includes('tick-silent'), 6_000)
    } finally {
      await running.stop()
      await backend.close()
      await silent.close()
    }
  }, 60_000)
})
