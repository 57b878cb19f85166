// One process of those that tests/scale/throughput.worker.ts starts: callers that send commands with ids to streams of all
// shards. It says when it is ready, begins when it is told to, and answers how much was done, and at which cost.
import { openCategory } from 'reprise'
import { sharded } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import { Pool } from 'pg'
import { accounts } from '../../examples/bank/account/category'
import { depositMoney, openAccount } from '../../examples/bank/account/commands'
import { right } from '../support/right'

/** What one process is told. */
export interface Load {
  readonly urls: ReadonlyArray<string>
  readonly schema: string
  /** Its own streams are `from` to `from + streams - 1`. */
  readonly from: number
  readonly streams: number
  readonly callers: number
  readonly seconds: number
}

/** What it answers. */
export interface Done {
  readonly commands: number
  /** Of its own, in milliseconds. */
  readonly cpu: number
}

const { snapshots: _snapshots, ...category } = accounts

const main = async ({ urls, schema, from, streams, callers, seconds }: Load): Promise<void> => {
  const pools = urls.map((url) => new Pool({ connectionString: url, max: 8 }))
  const [first, ...others] = pools.map((pool) => postgres(pool, { schema, wakeUps: 'poll' }))
  if (first === undefined) throw new Error('there is no shard')
  const backend = sharded([first, ...others])
  const desk = openCategory(category, backend)
  const ids = Array.from({ length: streams }, (_, index) => `${from + index}`)
  for (let next = 0; next < ids.length; next += callers) {
    const some = ids.slice(next, next + callers)
    await Promise.all(some.map((id) => right(desk.handleCommand(id, openAccount(id)))))
  }

  process.send?.('ready')
  await new Promise((resolve) => process.once('message', resolve))
  const before = process.cpuUsage()
  const end = performance.now() + seconds * 1_000
  let commands = 0
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let count = 0; performance.now() < end; count++) {
        const id = ids[(caller + count * callers) % ids.length] ?? ''
        await right(desk.handleCommand(id, depositMoney(1), { commandId: `${caller}.${count}` }))
        commands += 1
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  const done: Done = { commands, cpu: (user + system) / 1_000 }
  process.send?.(done)
  await backend.close()
  for (const pool of pools) await pool.end()
  process.disconnect()
}

process.once('message', (load: Load) => {
  main(load).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
