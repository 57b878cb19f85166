import * as E from 'fp-ts/Either'
import { Pool } from 'pg'
import type { StreamStore } from 'reprise/adapter'
import { jetStream } from 'reprise/jetstream'
import { sharded } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import { slotOf } from '../../src/core/slots'
import { startNats } from '../support/nats-cluster'
import { right } from '../support/right'
import { until } from '../support/until'
import { startServer } from './server'

/** Servers under load, one of which is killed. */
export interface Stage {
  readonly title: string
  /** What is counted apart. */
  readonly parts: ReadonlyArray<string>
  readonly partOf: (streamId: string) => number
  /** The same store, as several processes open it. */
  readonly stores: ReadonlyArray<StreamStore>
  /** Ends one server, at once. Says which. */
  readonly kill: () => Promise<string>
  /** Starts it again. Says so. */
  readonly revive: () => Promise<string>
  /** What is to be said if it has changed: who leads. */
  readonly look: () => Promise<string>
  readonly stop: () => Promise<void>
}

const PROCESSES = 2
const PATIENCE = 60_000
const STREAM = 'reprise_ev0'

/** Three nodes of NATS. The one that leads is killed. */
export const jetStreamStage = async (program: string): Promise<Stage> => {
  const cluster = await startNats({ program })
  const connections = await Promise.all(
    Array.from({ length: PROCESSES }, () =>
      cluster.connectToAny({ pingInterval: 1_000, maxPingOut: 2 }),
    ),
  )
  const backends = connections.map((connection) => jetStream(connection))
  for (const { migrate } of backends) {
    await until(async () => (E.isRight(await migrate()) ? true : undefined), PATIENCE)
  }
  const leader = () => until(() => cluster.leaderOf(STREAM), PATIENCE)
  await leader()
  let hit = cluster.nodes[0]
  return {
    title: 'NATS JetStream: three nodes, each event on a majority of them',
    parts: ['commands'],
    partOf: () => 0,
    stores: backends.map(({ store }) => store),
    kill: async () => {
      const leading = await leader()
      hit = cluster.nodes.find(({ name }) => name === leading)
      await hit?.kill()
      return `${leading}, which led, is killed`
    },
    revive: () => {
      hit?.start()
      return Promise.resolve(`${hit?.name ?? ''} is started again`)
    },
    look: async () => {
      const name = await cluster.leaderOf(STREAM)
      return name === undefined || name === hit?.name ? '' : `${name} leads`
    },
    stop: async () => {
      for (const connection of connections) await connection.close()
      await cluster.stop()
    },
  }
}

/** So many PostgreSQL servers, each a shard. The last one is killed. */
export const shardStage = async (count: number): Promise<Stage> => {
  const servers: Array<Awaited<ReturnType<typeof startServer>>> = []
  for (let shard = 0; shard < count; shard++) servers.push(await startServer())
  const pools: Pool[] = []
  const open = () => {
    const [first, ...others] = servers.map(({ url }) => {
      const pool = new Pool({ connectionString: url, max: 8 })
      pool.on('error', () => undefined) // the server was killed
      pools.push(pool)
      return postgres(pool)
    })
    if (first === undefined) throw new Error('there is no shard')
    return sharded([first, ...others])
  }
  const backends = Array.from({ length: PROCESSES }, open)
  const [backend = open()] = backends
  await right(backend.migrate)
  const { slots } = await right(backend.slotMap)
  const last = servers[count - 1]
  const name = `shard-${count - 1}`
  return {
    title: `${count} shards: a PostgreSQL server each, and a stream on one of them`,
    parts: servers.map((_, shard) => `shard-${shard}`),
    partOf: (streamId) => slots[slotOf(streamId)] ?? 0,
    stores: backends.map(({ store }) => store),
    kill: async () => {
      await last?.crash()
      return `${name} killed`
    },
    revive: async () => {
      await last?.start()
      return `${name} is back`
    },
    look: () => Promise.resolve(''),
    stop: async () => {
      for (const { close } of backends) await close()
      for (const pool of pools) await pool.end()
      for (const { stop } of servers) await stop()
    },
  }
}
