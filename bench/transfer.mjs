// reprise export and reprise import beside plain COPY, in and out, of the same rows: node bench/transfer.mjs
// --events 1000000, --runs 1, --format ndjson (or copy). A fifth of the events has a tag. Says rates, ratios, and the most memory that a command took.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { clearInterval, setInterval } from 'node:timers'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'
import { startPostgres } from './harness/postgres.mjs'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '1' },
    format: { type: 'string', default: 'ndjson' },
    'cpu-prof': { type: 'string' }, // a folder for a CPU profile of each command
  },
})
const profiling =
  values['cpu-prof'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values['cpu-prof']}`]
const events = Number(values.events)
const STREAMS = Math.max(1, Math.floor(events / 50))

// Two levels below the root, as src/cli is: it finds package.json there.
const root = resolve(import.meta.dirname, '..')
const program = join(root, 'node_modules', '.bundled', 'transfer-bench.cjs')
buildSync({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outfile: program,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
})

const server = await startPostgres()
const folder = mkdtempSync(join(tmpdir(), 'reprise-transfer-bench-'))
chmodSync(folder, 0o777) // the server reads and writes there, too

const seconds = async (work) => {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** Runs the program. Answers how long it took, and the most memory that it had, in MiB. */
const reprise = async (...args) => {
  let [peak, cpu] = [0, 0]
  const took = await seconds(
    () =>
      new Promise((done, failed) => {
        const child = spawn(process.execPath, [...profiling, program, ...args, '--json'], {
          stdio: ['ignore', 'ignore', 'inherit'],
        })
        const timer = setInterval(() => {
          try {
            const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
            const [, , , , , , , , , , , user = 0, system = 0] = readFileSync(
              `/proc/${child.pid}/stat`,
              'utf8',
            )
              .replace(/[(].*[)]/, '-')
              .split(' ')
              .slice(2)
            cpu = (Number(user) + Number(system)) / 100
            peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
          } catch {
            // it has just ended
          }
        }, 100)
        child.once('close', (code) => {
          clearInterval(timer)
          if (code === 0) done()
          else failed(new Error(`reprise ${args[0]} ended with ${code}`))
        })
      }),
  )
  return { took, peak: Math.round(peak), cpu }
}

const FILL = `
insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
select 'order-' || (n % ${STREAMS}), n / ${STREAMS} + 1, gen_random_uuid(), 'LineAdded', 1,
       timestamptz '2020-01-01' + n * interval '1 second',
       jsonb_build_object('sku', md5(n::text), 'amount', n % 100, 'price', n % 10000, 'note', repeat('x', 60)),
       jsonb_build_object('actor', 'user-' || n % 1000)
from generate_series(0, ${events - 1}) n order by n`
const FILL_TAGS = `
insert into reprise.event_tags (tag, position, type)
select 'customer:' || position % 5000, position, type from reprise.events where position % 5 = 0`

const COLUMNS = 'stream_id, version, id, type, schema_version, recorded_at, data, metadata'
const DIGEST = `
select count(*)::integer as count, md5(string_agg(md5(row_text), '' order by stream_id, version)) as digest from (
  select e.stream_id, e.version, concat_ws('|', e.stream_id, e.version, e.id, e.type, e.schema_version, e.recorded_at, e.data,
    e.metadata - 'imported', (select string_agg(t.tag, ',') from reprise.event_tags t where t.position = e.position)) as row_text
  from reprise.events e) r`

const run = async () => {
  const names = ['source', 'target', 'plain']
  for (const name of names) {
    await server.create(name)
    await reprise('migrate', '--url', server.urlOf(name))
  }
  await server.withClient('source', async (client) => {
    await client.query(FILL)
    await client.query(FILL_TAGS)
    await client.query('create index on reprise.event_tags (position)') // for the digest below
    await client.query('analyze')
  })
  await server.settle()
  const [eventsFile, tagsFile] = [join(folder, 'events.copy'), join(folder, 'tags.copy')]
  const copyOut = await server.withClient('source', (client) =>
    seconds(async () => {
      await client.query(
        `copy (select ${COLUMNS} from reprise.events order by position) to '${eventsFile}'`,
      )
      await client.query(
        `copy (select tag, position, type from reprise.event_tags order by position) to '${tagsFile}'`,
      )
    }),
  )
  const archive = join(folder, 'all.ndjson')
  const exported = await reprise(
    ...['export', archive, '--format', values.format],
    ...['--url', server.urlOf('source')],
  )
  await server.settle()
  const copyIn = await server.withClient('plain', (client) =>
    seconds(async () => {
      await client.query(`copy reprise.events (${COLUMNS}) from '${eventsFile}'`)
      await client.query(`copy reprise.event_tags (tag, position, type) from '${tagsFile}'`)
    }),
  )
  await server.settle()
  const imported = await reprise('import', archive, '--url', server.urlOf('target'))
  const digests = []
  for (const name of ['source', 'target']) {
    await server.withClient(name, async (client) => {
      await client.query('create index if not exists for_digest on reprise.event_tags (position)')
      digests.push((await client.query(DIGEST)).rows[0])
    })
  }
  const rate = (took) => Math.round(events / took).toLocaleString('en')
  const say = (what, { took, peak, cpu }, plain) =>
    console.log(
      `${what}: ${took.toFixed(1)} s, ${rate(took)} events/s; plain COPY ${plain.toFixed(1)} s, ${rate(plain)}/s; ratio ${(plain / took).toFixed(2)}; ${cpu.toFixed(1)} s on the processor, at most ${peak} MiB`,
    )
  console.log(
    `${events.toLocaleString('en')} events, ${(statSync(archive).size / 1e6).toFixed(0)} MB, ${values.format}`,
  )
  say('export', exported, copyOut)
  say('import', imported, copyIn)
  const same = JSON.stringify(digests[0]) === JSON.stringify(digests[1])
  console.log(same ? 'The content is the same.' : `DIFFERENT: ${JSON.stringify(digests)}`)
  if (!same) process.exitCode = 1
  for (const name of names) await server.drop(name)
}

try {
  for (let turn = 0; turn < Number(values.runs); turn++) {
    await run()
    for (const file of ['all.ndjson', 'events.copy', 'tags.copy']) {
      rmSync(join(folder, file), { force: true })
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
  await server.stop()
}
