import { appendFileSync } from 'node:fs'
import { Client, Pool } from 'pg'
import { postgres, severalHosts, sharded } from 'reprise/postgres'
import { eventually } from '../support/eventually'
import { right } from '../support/right'
import { across, mostAdvanced, onServer, startReplicated, startServer } from '../support/servers'
import { shardOfTwo } from '../support/shards'
import { pause, type ShardLoad, startLoad, UNHARMED } from './load'

const SECONDS = Number(process.env['REPRISE_SHARDS_SECONDS'] ?? 10)
const TIMES = Number(process.env['REPRISE_SHARDS_TIMES'] ?? 1)
const REPORT = process.env['REPRISE_SHARDS_REPORT']
const CALLERS = 64
const PROCESSES = 3

describe('a shard whose primary is killed under 64 callers', () => {
  it.each(Array.from({ length: TIMES }, (_, index) => index + 1))(
    'loses and doubles nothing after a failover to its standby, and the other shard goes on (%i)',
    async () => {
      const servers = await startReplicated(2, 'synchronous_standby_names=ANY 1 (*)')
      const other = await startServer('max_connections=200')
      const pools: Pool[] = []
      let load: ShardLoad | undefined
      try {
        const { primary, replicas, follow } = servers
        const url = across([primary, ...replicas])
        const open = () => {
          const one = new Pool({ ...severalHosts(Client, url), max: 16 })
          const two = new Pool({ connectionString: other.url, max: 16 })
          pools.push(one, two)
          return sharded([postgres(one), postgres(two)])
        }
        const backends = Array.from({ length: PROCESSES }, open)
        await right(backends[0]?.migrate ?? open().migrate)
        load = startLoad(backends, { callers: CALLERS, shards: 2, shardOf: shardOfTwo })
        await pause(SECONDS * 333)
        const killed = performance.now()
        await primary.kill()
        const next = await mostAdvanced(replicas)
        const others = replicas.filter((replica) => replica !== next)
        await Promise.all(others.map((replica) => follow(replica, next)))
        await onServer(next.url, 'select pg_promote(true, 60)')
        const promoted = performance.now()
        const [here] = load.calls
        const first = await eventually(() => here?.times.find((at) => at > promoted), 60_000)
        await pause(SECONDS * 667)
        const judged = await load.judge()
        const row = {
          kind: 'failover',
          promotionMs: Math.round(promoted - killed),
          firstSuccessMs: Math.round(first - promoted),
          shards: judged,
        }
        if (REPORT !== undefined) appendFileSync(REPORT, `${JSON.stringify(row)}\n`)
        for (const one of judged) expect(one).toMatchObject(UNHARMED)
        expect(judged[1]?.failures).toEqual({})
        for (const { acknowledged } of judged) expect(acknowledged).toBeGreaterThan(CALLERS)
        for (const backend of backends) await backend.close()
      } finally {
        await load?.stop()
        await Promise.all(pools.map((pool) => pool.end()))
        await servers.stop()
        await other.stop()
      }
    },
    SECONDS * 4_000 + 120_000,
  )
})
