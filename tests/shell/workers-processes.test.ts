import { Pool } from 'pg'
import { migrate } from '../../src/adapters/postgres/schema/migrate'
import { connectPool } from '../../src/adapters/postgres/connection/pool'
import { postgres, type PostgresBackend } from 'reprise/postgres'
import type { WorkersHealth } from '../../src/shell/workers/worker-health'
import { eventually } from '../support/eventually'
import { right } from '../support/right'
import { onServer, startServer, type TestServer } from '../support/servers'
import { appendTicks } from '../support/ticks'
import { startWorker, type WorkerProcess } from '../support/workers'

let server: TestServer
let pool: Pool
let backend: PostgresBackend<unknown>
let processes: WorkerProcess[]

/** A process with two workers, and what it has said. */
const startWorkers = () => {
  const started = startWorker('shell/workers.worker.ts', server.url)
  processes.push(started)
  const said: { readonly notice?: { _tag: string }; readonly health?: WorkersHealth }[] = []
  started.hear((message) => said.push(message as (typeof said)[number]))
  const health = (): WorkersHealth | undefined =>
    said.findLast((message) => message.health !== undefined)?.health
  const notices = () => said.flatMap(({ notice }) => (notice === undefined ? [] : [notice]))
  return { ...started, health, notices, said }
}

const open = async (): Promise<void> => {
  pool = new Pool({ connectionString: server.url, max: 4, connectionTimeoutMillis: 2_000 })
  pool.on('error', () => undefined)
  backend = postgres(pool)
  const migrating = connectPool(new Pool({ connectionString: server.url, max: 1 }))
  await right(migrate(migrating))
  await migrating.destroy()
  await onServer(server.url, 'create table if not exists witnessed (position bigint, pid integer)')
}

const close = async (): Promise<void> => {
  await backend.close()
  await pool.end()
}

const witnessed = async (): Promise<ReadonlyArray<number>> => {
  const rows = await onServer<{ position: string }>(
    server.url,
    'select position from witnessed order by position',
  )
  return rows.map(({ position }) => Number(position))
}

beforeAll(async () => {
  server = await startServer()
  await open()
}, 60_000)
beforeEach(() => {
  processes = []
})
afterEach(() => Promise.all(processes.map(({ kill }) => kill())))
afterAll(async () => {
  await close()
  await server.stop()
})

const append = async (stream: string, count: number): Promise<ReadonlyArray<number>> => {
  const steps = Array.from({ length: count }, (_, index) => index)
  return appendTicks(backend.store, stream, ...steps)
}

describe('a process with workers', () => {
  it('ends at SIGTERM in the middle of its work: nothing is lost or doubled, and the next goes on at once', async () => {
    const positions = await append('tick-stopped', 200)
    const first = startWorkers()
    await eventually(async () => (await witnessed()).length > 0)
    first.signal('SIGTERM')
    expect(await first.ended).toBe(0)
    expect(first.said).toContainEqual({ end: { unfinished: [] } })
    const [leases] = await onServer<{ owned: number }>(
      server.url,
      'select count(owner)::integer as owned from reprise.checkpoints',
    )
    expect(leases).toEqual({ owned: 0 })
    expect((await witnessed()).length).toBeLessThan(positions.length)

    startWorkers()
    await eventually(async () => (await witnessed()).length >= positions.length, 60_000)
    expect(await witnessed()).toEqual(positions)
  }, 120_000)

  it('says that it is in trouble while the server is away, and goes on when it is back', async () => {
    const worker = startWorkers()
    await eventually(() => worker.health()?.healthy === true)
    await server.pause()
    const troubled = await eventually(() => {
      const health = worker.health()
      return health?.workers.every(({ state }) => state === 'troubled') === true && health
    }, 60_000)
    expect(troubled.healthy).toBe(false)
    expect(troubled.workers[0]?.lastTrouble?.message).toMatch(/^The store failed/)
    await server.resume()
    await eventually(() => worker.health()?.healthy === true, 60_000)
    const before = (await witnessed()).length
    await append('tick-resumed', 3)
    await eventually(async () => (await witnessed()).length === before + 3, 60_000)
  }, 180_000)

  it('that is started while the server is away is started again until it works, and says so each time', async () => {
    await server.pause()
    const worker = startWorkers()
    await eventually(
      () => worker.notices().filter(({ _tag }) => _tag === 'WorkerEnded').length > 3,
      60_000,
    )
    expect(worker.health()).toMatchObject({ healthy: false })
    expect(worker.notices()).toContainEqual({
      _tag: 'WorkerEnded',
      worker: 'totals',
      error: expect.objectContaining({ _tag: 'StoreFailed', reason: 'Unavailable' }),
      failures: 2,
      restartsIn: expect.any(Number),
    })
    await server.resume()
    const health = await eventually(() => {
      const now = worker.health()
      return now?.healthy === true && now
    }, 60_000)
    expect(health.workers.every(({ restarts }) => restarts > 0)).toBe(true)
  }, 180_000)
})
