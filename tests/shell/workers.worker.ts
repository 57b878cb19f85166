/** A process that keeps workers running until it is asked to stop, and says what happens. Argument: url. */
import * as TE from 'fp-ts/TaskEither'
import { sql, type Transaction } from 'kysely'
import { Pool } from 'pg'
import { fromStart, runProjection, runSubscriptionInTransaction, runWorkers } from 'reprise'
import { postgres } from 'reprise/postgres'
import { totals } from '../support/balances'
import type { NoTables } from '../support/postgres-read-side'
import { type Tick, ticks } from '../support/ticks'

const [, , url = ''] = process.argv
const pool = new Pool({ connectionString: url, max: 5, connectionTimeoutMillis: 2_000 })
pool.on('error', () => undefined)
const backend = postgres<NoTables>(pool)
const say = (message: object): void => void process.send?.(message)

/** Writes down what it has handled, slowly, so that it is stopped in the middle of its work. */
const witness = runSubscriptionInTransaction<Tick, Transaction<NoTables>>({
  name: 'witness',
  from: fromStart,
  events: ticks,
  leaseDuration: 3_000,
  batchSize: 10,
  handle: (event, transaction) =>
    TE.tryCatch(
      async () => {
        await sql`insert into witnessed (position, pid) values (${event.position}, ${process.pid})`.execute(
          transaction,
        )
        await sql`select pg_sleep(0.02)`.execute(transaction)
      },
      (cause) => cause,
    ),
})

const workers = runWorkers({ totals: runProjection(totals()), witness }, backend, {
  stopOn: ['SIGTERM'],
  firstBackoff: 100,
  maxBackoff: 1_000,
  onNotice: (notice) => {
    if (notice._tag.startsWith('Worker')) say({ notice })
  },
})
const reporting = setInterval(() => say({ health: workers.health() }), 50)

void workers.ended.then(async (end) => {
  clearInterval(reporting)
  say({ end })
  await backend.close()
  await pool.end()
  process.disconnect()
})
