import type { NatsConnection } from '@nats-io/nats-core'
import * as t from 'io-ts'
import { openCategory, type Projection, projectionReader, runProjection } from 'reprise'
import { stateCodec } from 'reprise/codec'
import { jetStream, withReadSide } from 'reprise/jetstream'
import { postgres } from 'reprise/postgres'
import { processSuite } from '../shell/process.suite'
import { subscribeSuite } from '../shell/subscription.suite'
import { add, counter, type CounterEvent } from '../support/counter'
import { createDatabase } from '../support/database'
import { eventually } from '../support/eventually'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { postgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { running } from '../support/running'
import { Pool } from 'pg'

/** How many events each stream has. */
const counts: Projection<{ readonly events: number }, CounterEvent> = {
  name: 'counts',
  version: 1,
  events: counter.events,
  key: ({ streamId }) => streamId,
  view: { initialState: { events: 0 }, evolve: ({ events }) => ({ events: events + 1 }) },
  state: stateCodec(1, t.strict({ events: t.number })),
}

describeWithNats('what follows events in JetStream', (program) => {
  let cluster: NatsCluster
  let connection: NatsConnection
  let number = 0

  beforeAll(async () => {
    cluster = await startNats({ program, nodes: 1 })
    connection = await cluster.connect(0)
  }, 30_000)
  afterAll(async () => {
    await connection.close()
    await cluster.stop()
  })

  /** A store of its own, and a database of its own beside it, as one backend. */
  const followed = async () => {
    const readSide = await postgresReadSide({ operator: { events: 'elsewhere' } })
    const events = jetStream(connection, { name: `followed${++number}`, replicas: 1 })
    const backend = withReadSide(events, () => readSide)
    await right(backend.migrate)
    const [source] = backend.sources
    return { ...source, store: { ...backend.store, ...source.store }, close: backend.close }
  }

  // The whole of both is left to `npm run test:jetstream`.
  if (process.env['REPRISE_JETSTREAM_SECONDS'] !== undefined) {
    describe('as a subscription', () => {
      subscribeSuite(followed)
    })
    describe('as a process manager', () => {
      processSuite(followed)
    })
  }

  it('has a read model for each source, which says how far it is and goes on where it was', async () => {
    const { url, drop } = await createDatabase()
    const pool = new Pool({ connectionString: url, max: 20 })
    const events = jetStream(connection, { name: 'spread', partitions: 2, replicas: 1 })
    const backend = withReadSide(events, (source) =>
      postgres(pool, { schema: source, operator: { events: 'elsewhere' } }),
    )
    await right(backend.migrate)
    const counters = openCategory(counter, backend)
    const ids = Array.from({ length: 8 }, (_, index) => `s${index}`)
    const send = async () => {
      for (const id of ids) await right(counters.handleCommand(id, add(1, 2)))
    }
    const reader = (id: string) => projectionReader(counts)(backend.sourceOf(`counter-${id}`))
    const counted = (id: string, wanted: number) =>
      eventually(async () => {
        const found = await right(reader(id).get(`counter-${id}`))
        return found?.events === wanted
      })
    const start = () =>
      backend.sources.map((source) =>
        running((signal) => runProjection(counts)(source, { signal })),
      )

    await send()
    const first = start()
    for (const id of ids) await counted(id, 2)
    for (const { stop } of first) await right(() => stop())
    await send()
    const behind = await Promise.all(
      backend.sources.map(async ({ operator }) => right(operator.status())),
    )
    const total = behind.flat().reduce((sum, { lag }) => sum + lag.events, 0)
    expect(total).toBe(2 * ids.length)
    const second = start()
    for (const id of ids) await counted(id, 4)
    for (const { stop } of second) await right(() => stop())
    const [one] = backend.sources
    const findings = await right(one.operator.examine())
    expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['sync_interval', 'owners', 'horizon', 'projections']),
    )
    expect(new Set(backend.sources.map(({ source }) => source)).size).toBe(2)
    await backend.close()
    await pool.end()
    await drop()
  }, 40_000)
})
