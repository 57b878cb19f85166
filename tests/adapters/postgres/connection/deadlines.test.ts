import * as TE from 'fp-ts/TaskEither'
import { sql } from 'kysely'
import { Pool } from 'pg'
import type { PostgresOptions } from '../../../../src/adapters/postgres/backend'
import { fromStart } from '../../../../src/core/subscription-start'
import { runSubscription } from '../../../../src/shell/subscription/run-subscription'
import { untilReached } from '../../../../src/shell/subscription/until-reached'
import { connectPool, postgres } from '../../../../src/postgres'
import { type FreezableServer, freezableServer } from '../../../support/frozen-server'
import { left, right } from '../../../support/right'
import { appending, counter } from '../../../support/tally'

let server: FreezableServer
beforeAll(async () => {
  server = await freezableServer()
  const { backend, end } = backendWith({})
  await right(backend.migrate)
  await end()
}, 60_000)
afterEach(() => server.thaw())
afterAll(() => server.stop())

const backendWith = (options: PostgresOptions<unknown>, max = 4) => {
  const pool = new Pool({ connectionString: server.url, max })
  const backend = postgres(pool, options)
  return {
    pool,
    backend,
    end: async () => {
      await backend.close()
      await pool.end()
    },
  }
}

const timed = async <Answer>(work: () => Promise<Answer>) => {
  const start = performance.now()
  const answer = await work()
  return { answer, took: performance.now() - start }
}

describe('a server that hangs', () => {
  it('fails a statement after its time, and says what is known of a write', async () => {
    const { pool, backend, end } = backendWith({ statementTimeout: 1_000 })
    await right(backend.store.append(appending('tally-a')))
    expect(pool.totalCount).toBe(1)
    await server.freeze()
    const { answer, took } = await timed(() => left(backend.store.append(appending('tally-a'))))
    expect(answer).toMatchObject({ _tag: 'StoreFailed', reason: 'TimedOut', outcome: 'unknown' })
    expect(took).toBeLessThan(10_000)
    expect(pool.totalCount).toBe(0) // nothing goes over that connection any more
    const read = await left(backend.store.read('tally-a', { after: 0, limit: 10 }))
    expect(read).toMatchObject({
      reason: 'Unavailable',
      outcome: 'nothingWritten',
      message: expect.stringContaining('no connection to the server was made within 1000 ms'),
    })
    server.thaw()
    const { positions } = await right(backend.store.append(appending('tally-a')))
    expect(positions).toHaveLength(1)
    await end()
  })

  it('does not keep `untilReached` longer than its timeout', async () => {
    const { backend, end } = backendWith({})
    await right(backend.subscriptions.register({ name: 'waited', partitions: 1, position: 0 }))
    await server.freeze()
    const { answer, took } = await timed(() => left(untilReached('waited', 1, 1_000)(backend)))
    server.thaw()
    expect(answer).toMatchObject({ _tag: 'StoreFailed', reason: 'TimedOut' })
    expect(took).toBeGreaterThan(900)
    expect(took).toBeLessThan(10_000)
    await end()
  })

  it('does not keep a runner that is aborted', async () => {
    const { backend, end } = backendWith({ statementTimeout: 1_000 })
    const stop = new AbortController()
    const handled: unknown[] = []
    const running = runSubscription({
      name: 'stopped',
      events: counter.events,
      from: fromStart,
      handle: ({ event }) => {
        handled.push(event)
        return TE.right(undefined)
      },
    })(backend, { signal: stop.signal })()
    await right(backend.store.append(appending('counter-1')))
    while (handled.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    await server.freeze()
    stop.abort()
    const { took } = await timed(() => running)
    server.thaw()
    expect(took).toBeLessThan(10_000)
    await end()
  })
})

describe('a pool whose connections are all in use', () => {
  it('is named in the failure, and is not waited for longer than the setting says', async () => {
    const { pool, backend, end } = backendWith({ statementTimeout: 1_000 }, 2)
    const held = [await pool.connect(), await pool.connect()]
    const { answer, took } = await timed(() => left(backend.store.append(appending('tally-b'))))
    expect(answer).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'PoolExhausted',
      outcome: 'nothingWritten',
      message: expect.stringContaining('all 2 in use'),
    })
    expect(took).toBeLessThan(10_000)
    for (const client of held) client.release()
    // What came too late was given back.
    await Promise.all(
      ['tally-b', 'tally-c', 'tally-d'].map((id) => right(backend.store.append(appending(id)))),
    )
    expect(pool.waitingCount).toBe(0)
    await end()
  })
})

describe("the application's own statements", () => {
  it('have no deadline of ours', async () => {
    const db = connectPool<unknown>(new Pool({ connectionString: server.url, max: 1 }))
    const backend = postgres(db, { statementTimeout: 1_000 })
    await right(backend.store.append(appending('tally-e')))
    const { rows } = await sql<{ n: number }>`select 1 as n from pg_sleep(1.2)`.execute(backend.db)
    expect(rows).toEqual([{ n: 1 }])
    await backend.close()
    await db.destroy()
  })
})
