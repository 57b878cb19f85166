// A store whose events are in partitions beside one whose events are in one table, with the same content and in turns:
// node bench/partitions.mjs --events 5000000, --partitions 16, --rounds 15, --seconds 0.5; --empty: events come into partitions
// that are there, which is sooner done than to move them; --only 32: the workloads whose names contain that. Says rates, and the median of the ratios of two turns that follow
// each other;
// and how long the move of the living store took. The goal is a ratio of 0.9 or more.
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'
import pg from 'pg'
import { startPostgres } from './harness/postgres.mjs'
import { median } from './harness/statistics.mjs'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '5000000' },
    partitions: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '0.5' },
    empty: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})
const [events, partitions, rounds, seconds] = [
  Number(values.events),
  Number(values.partitions),
  Number(values.rounds),
  Number(values.seconds),
]
const STREAMS = Math.max(1, Math.floor(events / 50))

const root = resolve(import.meta.dirname, '..')
const program = join(root, 'node_modules', '.bundled', 'partitions-bench.cjs')
buildSync({
  absWorkingDir: root,
  stdin: {
    contents: `export { connectPool, postgres } from './src/postgres'
export { partitionEvents } from './src/adapters/postgres/schema/partitioning'`,
    resolveDir: root,
    loader: 'ts',
  },
  outfile: program,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
})
const { connectPool, partitionEvents, postgres } = createRequire(import.meta.url)(program)

const right = async (task) => {
  const result = await task()
  if (result._tag === 'Left') throw new Error(result.left.message)
  return result.right
}

const FILL = `
insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
select 'order-' || (n % ${STREAMS}), n / ${STREAMS} + 1, gen_random_uuid(), 'LineAdded', 1,
       timestamptz '2020-01-01' + n * interval '1 second',
       jsonb_build_object('sku', md5(n::text), 'amount', n % 100, 'price', n % 10000, 'note', repeat('x', 60)),
       jsonb_build_object('actor', 'user-' || n % 1000)
from generate_series(0, ${events - 1}) n order by n`

const took = async (work) => {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** How often in a second `work` is done by so many at once. It answers how much was done. */
const rate = async (parallel, work) => {
  const begun = performance.now()
  const end = begun + seconds * 1000
  let done = 0
  const worker = async (number) => {
    while (performance.now() < end) {
      const more = await work(number) // `done +=` before `await` would lose what others have done meanwhile
      done += more
    }
  }
  await Promise.all(Array.from({ length: parallel }, (_, number) => worker(number)))
  return (done * 1000) / (performance.now() - begun)
}

const random = () => `order-${Math.floor(Math.random() * STREAMS)}`
const event = () => ({
  id: randomUUID(),
  type: 'LineAdded',
  schemaVersion: 1,
  data: { sku: 'a'.repeat(32), amount: 1, price: 1, note: 'x'.repeat(60) },
  metadata: {},
})

/** The versions of streams, by their ids, of which a writer of this process knows more than that all have the same number. */
const streamVersions = () => {
  const known = new Map()
  return {
    of: (streamId) => known.get(streamId) ?? events / STREAMS,
    appended: (streamId, version) =>
      known.set(streamId, Math.max(version, known.get(streamId) ?? 0)),
  }
}

const append =
  ({ store, versions }) =>
  async () => {
    const streamId = random()
    const { version } = await right(
      store.append({ streamId, expectedVersion: 'any', events: [event()], commands: [] }),
    )
    versions.appended(streamId, version)
    return 1
  }

/** What a command appends: at the version of the state that it was decided on, with its id. */
const appendCommand =
  ({ store, versions }) =>
  async () => {
    const streamId = random()
    const expectedVersion = versions.of(streamId)
    const commands = [{ commandId: randomUUID(), skip: 0, eventCount: 1 }]
    const answer = await store.append({ streamId, expectedVersion, events: [event()], commands })()
    if (answer._tag === 'Right') versions.appended(streamId, answer.right.version)
    else if (answer.left._tag !== 'VersionConflict') throw new Error(answer.left.message)
    return answer._tag === 'Right' ? 1 : 0 // another writer of these was there first
  }

const workloads = {
  'append, 1 writer': (of) => rate(1, append(of)),
  'append, 32 writers': (of) => rate(32, append(of)),
  'append of commands, 1 writer': (of) => rate(1, appendCommand(of)),
  'append of commands, 32 writers': (of) => rate(32, appendCommand(of)),
  'load of 50 events, 8 at once': ({ store }) =>
    rate(8, async () => {
      await right(store.read(random(), { after: 0, limit: 100 }))
      return 1
    }),
  'horizon (the poll of a follower)': ({ store, last }) =>
    rate(1, async () => {
      await right(store.readAll({ after: last + 1e9, limit: 100 }))
      return 1
    }),
  'catch-up, events': ({ store }) => {
    let after = 0
    return rate(1, async () => {
      const page = await right(store.readAll({ after, limit: 1_000 }))
      after = page.more ? page.upTo : 0
      return page.events.length
    })
  },
}

const chosen = Object.entries(workloads).filter(([name]) => name.includes(values.only))

const server = await startPostgres()
const opened = []
const open = async (name, prepare = () => Promise.resolve()) => {
  await server.create(name)
  const db = connectPool(new pg.Pool({ connectionString: server.urlOf(name), max: 10 }))
  const backend = postgres(db, { wakeUps: 'poll' })
  opened.push({ backend, db })
  await right(backend.migrate)
  await prepare(db)
  await server.withClient(name, (client) => client.query(FILL))
  return { name, db, store: backend.store, last: events, versions: streamVersions() }
}

try {
  const plain = await open('plain')
  const move = (db) => right(partitionEvents(db)({ partitions }))
  const hashed = await (values.empty ? open('hashed', move) : open('hashed'))
  if (!values.empty) {
    const moving = await took(() => move(hashed.db))
    console.log(
      `${events.toLocaleString('en')} events moved to ${partitions} partitions in ${moving.toFixed(1)} s, ${Math.round(events / moving).toLocaleString('en')} in a second`,
    )
  }
  for (const { name } of [plain, hashed]) {
    await server.withClient(name, (client) => client.query('vacuum analyze reprise.events'))
  }
  await server.settle()
  const rates = new Map(chosen.map(([name]) => [name, { [plain.name]: [], [hashed.name]: [] }]))
  for (let round = -1; round < rounds; round++) {
    for (const [name, work] of chosen) {
      for (const store of round % 2 === 0 ? [plain, hashed] : [hashed, plain]) {
        const measured = await work(store)
        if (round >= 0) rates.get(name)[store.name].push(measured) // the one before warms up
      }
    }
  }
  console.log(`in a second, medians of ${rounds}: one table, ${partitions} partitions, ratio`)
  for (const [name, found] of rates) {
    const [one, other] = [median(found[plain.name]), median(found[hashed.name])]
    const ratio = median(found[plain.name].map((value, turn) => found[hashed.name][turn] / value))
    const numbers = [one, other].map((value) => Math.round(value).toLocaleString('en').padStart(10))
    console.log(`${name.padEnd(36)}${numbers.join('')}  ${ratio.toFixed(2)}`)
  }
} finally {
  for (const { backend, db } of opened) {
    await backend.close()
    await db.destroy()
  }
  await server.stop()
}
