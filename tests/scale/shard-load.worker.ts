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
  /** How many commands it sends before it is ready, so that its code is compiled, and how many then. */
  readonly warmUp: number
  readonly commands: number
}

/** What it answers. */
export interface Done {
  /** What it has taken of the processor itself, in milliseconds. */
  readonly cpu: number
}

const { snapshots: _snapshots, ...category } = accounts

const main = async ({ urls, schema, from, streams, callers, ...load }: Load): Promise<void> => {
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
  let sent = 0
  const send = (upTo: number) =>
    Promise.all(
      Array.from({ length: callers }, async () => {
        while (sent < upTo) {
          const number = sent++
          const id = ids[number % ids.length] ?? ''
          await right(desk.handleCommand(id, depositMoney(1), { commandId: `c${number}` }))
        }
      }),
    )
  const told = () => new Promise((resolve) => process.once('message', resolve))
  await send(load.warmUp)

  process.send?.('ready')
  await told()
  const before = process.cpuUsage()
  await send(load.warmUp + load.commands)
  const { user, system } = process.cpuUsage(before)
  const done: Done = { cpu: (user + system) / 1_000 }
  process.send?.(done)
  await told() // what the servers have taken is read while their processes are there
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
