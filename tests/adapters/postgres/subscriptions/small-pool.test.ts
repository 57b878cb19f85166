import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Transaction } from 'kysely'
import { Pool } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { fromStart } from '../../../../src/core/subscription-start'
import type { SubscriptionNotice } from '../../../../src/shell/subscription/environment'
import { runSubscriptionInTransaction } from '../../../../src/shell/subscription/run-subscription'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'
import { running } from '../../../support/running'
import { appending } from '../../../support/tally'
import { appendTicks, type Tick, ticks } from '../../../support/ticks'

let database: MigratedDatabase<unknown>
beforeEach(async () => {
  database = await migratedDatabase()
})
afterEach(() => database.close())

/** A subscription whose handler appends, outside of the transaction in which it is called. */
const start = (connections: number, partitions: number, statementTimeout: number) => {
  const pool = new Pool({ connectionString: database.url, max: connections })
  const backend = postgres(pool, { statementTimeout })
  const notices: SubscriptionNotice[] = []
  const run = running((signal) =>
    runSubscriptionInTransaction<Tick, Transaction<unknown>>({
      name: 'echo',
      from: fromStart,
      categories: ['tick'],
      events: ticks,
      partitions,
      maxPollInterval: 50,
      handle: ({ streamId }) =>
        pipe(
          backend.store.append(appending(`echo-${streamId}`)),
          TE.map(() => undefined),
        ),
    })(backend, { signal, onNotice: (notice) => void notices.push(notice) }),
  )
  return {
    backend,
    notices,
    end: async () => {
      await run.stop()
      await backend.close()
      await pool.end()
    },
  }
}

const echoes = async ({ backend }: ReturnType<typeof start>): Promise<number> =>
  (await right(backend.store.readAll({ after: 0, limit: 1_000, categories: ['echo'] }))).events
    .length

describe('handlers that append while their transaction holds a connection', () => {
  it('get on with as many partitions as the pool has connections', async () => {
    const { store } = postgres(database.connect(2))
    await Promise.all(Array.from({ length: 100 }, (_, n) => appendTicks(store, `tick-${n}`, 1)))
    const running = start(10, 10, 5_000)
    await eventually(async () => (await echoes(running)) >= 100)
    expect(running.notices.filter(({ _tag }) => _tag === 'SubscriptionTroubled')).toEqual([])
    await running.end()
  }, 30_000)

  it('on a pool of one report what is missing, and nothing is parked', async () => {
    const { store } = postgres(database.connect(2))
    await appendTicks(store, 'tick-1', 1)
    const running = start(1, 1, 300)
    const trouble = await eventually(() =>
      running.notices.find((notice) => JSON.stringify(notice).includes('PoolExhausted')),
    )
    expect(JSON.stringify(trouble)).toContain(
      'raise the max of the pool, or hold connections for less time',
    )
    const status = await right(postgres(database.connect(2)).operator.status('echo'))
    expect(status).toMatchObject([{ parked: 0 }])
    await running.end()
  }, 30_000)
})
