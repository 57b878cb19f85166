import { Pool } from 'pg'
import { connectPool } from '../../../../src/adapters/postgres/connection/pool'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { migrate } from '../../../../src/adapters/postgres/schema/migrate'
import { fromEnd, fromTime } from '../../../../src/core/subscription-start'
import { partitioned } from '../../../support/partitioned'
import { until } from '../../../support/until'
import { left, right } from '../../../support/right'
import { type ReplicatedServer, startReplicated } from '../../../support/servers'
import { appending } from '../../../support/tally'

let servers: ReplicatedServer
const opened: Array<{ readonly destroy: () => Promise<void> }> = []
const storeBy = (url: string) => {
  const db = connectPool<unknown>(new Pool({ connectionString: url, max: 4 }))
  opened.push(db)
  const { store, operator } = postgres(db)
  return { db, store, operator }
}
beforeAll(async () => {
  servers = await startReplicated()
}, 60_000)
afterAll(async () => {
  await Promise.all(opened.map((db) => db.destroy()))
  await servers.stop()
})

const refusal = {
  _tag: 'StoreFailed',
  reason: 'ReadOnlyReplica',
  outcome: 'nothingWritten',
  message: expect.stringContaining('connect subscriptions to the primary'),
}

it('a replica reads streams, and rejects whatever needs to know how far the store can be read', async () => {
  const primary = storeBy(servers.primary.url)
  await right(migrate(primary.db))
  await right(primary.store.append(appending('counter-1', 3)))
  await servers.caughtUp()
  const { store, operator } = storeBy(servers.replica.url)
  expect((await right(store.read('counter-1', { after: 0, limit: 9 }))).events).toHaveLength(3)
  expect(
    (await right(store.load({ streamId: 'counter-1', after: 0, limit: 9, commandId: 'c' }))).events,
  ).toHaveLength(3)
  expect(await right(store.streams({ after: '', limit: 9 }))).toHaveLength(1)
  expect(await left(store.readAll({ after: 0, limit: 9 }))).toMatchObject(refusal)
  expect(await left(store.locate(fromEnd))).toMatchObject(refusal)
  expect(await left(store.locate(fromTime(0)))).toMatchObject(refusal)
  expect((await right(primary.store.readAll({ after: 0, limit: 9 }))).upTo).toBe(3)
  const findings = await right(operator.examine())
  expect(findings.find(({ check }) => check === 'server')).toMatchObject({
    level: 'problem',
    message: expect.stringMatching(/^PostgreSQL .*: a replica$/),
    advice: 'Use the address of the primary.',
  })
})

/** Reads a page on the primary, and the next on the replica, which knows nothing of what is written meanwhile. */
const readOnToReplica = async (streamId: string): Promise<void> => {
  const { store: writer } = storeBy(servers.primary.url)
  await right(writer.append(appending(streamId, 30)))
  await servers.caughtUp()
  let url = servers.primary.url
  const [onPrimary, onReplica] = [servers.primary, servers.replica].map(
    // The end of a pool does not wait until its connections are closed: the server may stop before.
    (server) => new Pool({ connectionString: server.url, max: 1 }).on('error', () => undefined),
  ) as [Pool, Pool]
  // The server may stop before it has seen that a connection ends.
  for (const pool of [onPrimary, onReplica]) pool.on('error', () => undefined)
  opened.push({ destroy: () => onPrimary.end() }, { destroy: () => onReplica.end() })
  // A pool whose connections may reach either server, as with a proxy in front of both.
  const either = new Proxy(onPrimary, {
    get: (_target, key): unknown => {
      const pool = url === servers.primary.url ? onPrimary : onReplica
      const value: unknown = Reflect.get(pool, key)
      return typeof value === 'function' ? value.bind(pool) : value
    },
  })
  const store = postgres(either).store
  const first = await right(store.readAll({ after: 0, limit: 10 }))
  expect(first).toMatchObject({ more: true, upTo: 10 })
  await until(() => Promise.resolve(onPrimary.idleCount === 1 ? true : undefined)) // given back
  url = servers.replica.url
  expect(await left(store.readAll({ after: 10, limit: 10 }))).toMatchObject(refusal)
  expect(await left(store.readAll({ after: 1_000, limit: 10 }))).toMatchObject(refusal)
  await until(() => Promise.resolve(onReplica.idleCount === 1 ? true : undefined))
  url = servers.primary.url
  expect((await right(store.readAll({ after: 10, limit: 10 }))).events).toHaveLength(10)
}

it('a reader that knows a horizon of the primary does not read up to it on a replica', () =>
  readOnToReplica('counter-2'))

it('nor does one of events in partitions', async () => {
  await partitioned(storeBy(servers.primary.url).db, 3)
  await readOnToReplica('counter-3')
})

it('a replica that has become the primary is read as one', async () => {
  await servers.caughtUp()
  const { store } = storeBy(servers.replica.url)
  expect(await left(store.readAll({ after: 0, limit: 100 }))).toMatchObject(refusal)
  await servers.promote()
  const before = await right(store.readAll({ after: 0, limit: 100 }))
  expect(before).toMatchObject({ upTo: 63, highest: 63 })
  const { positions } = await right(store.append(appending('counter-1')))
  expect(positions[0]).toBeGreaterThan(63) // a sequence runs ahead on a replica
  expect((await right(store.readAll({ after: 63, limit: 9 }))).events).toHaveLength(1)
})
