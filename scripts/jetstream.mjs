// npm run test:jetstream [-- --seconds 60 | --speed]: the contracts on three nodes, what is refused, and kills under load, on a real
// cluster. The server is the one of NATS_SERVER, one on the path, or Debian's newest package, unpacked and not installed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Command, InvalidArgumentError } from 'commander'
import { natsServer, natsVersion, oldNatsServer } from './nats-server.mjs'

const number = (text) => {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed')
  return value
}

const options = new Command('npm run test:jetstream --')
  .description(
    'Runs what needs a NATS cluster: the contract, what is refused, and kills under load.',
  )
  .option('--seconds <count>', 'how long each kind of fault is under load', number, 10)
  .option('--times <count>', 'how often each kind of fault is tried', number, 1)
  .option('--callers <count>', 'how many send commands at the same time', number, 64)
  .option('--speed', 'only what an append costs beside a bare publish')
  .option('--only <kind>', 'one kind of fault: leader, follower, all or frozen')
  .parse()
  .opts()

const program = natsServer()
console.log(`nats-server ${natsVersion(program)}`)

const runJest = async (report) => {
  const environment = {
    NATS_SERVER: program,
    NATS_SERVER_OLD: oldNatsServer() ?? '',
    REPRISE_JETSTREAM_SECONDS: String(options.seconds),
    REPRISE_JETSTREAM_TIMES: String(options.times),
    REPRISE_JETSTREAM_CALLERS: String(options.callers),
    REPRISE_JETSTREAM_REPORT: report,
    ...(options.only === undefined ? {} : { REPRISE_JETSTREAM_ONLY: options.only }),
  }
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--runInBand',
      options.only === undefined ? 'tests/jetstream' : 'tests/jetstream/kills',
    ],
    { stdio: 'inherit', env: { ...process.env, ...environment } },
  )
  const [code] = await once(child, 'exit')
  return code ?? 1
}

const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0)

const print = (rows) => {
  console.table(
    rows.map((row) => ({
      fault: row.fault,
      faults: row.faults,
      acknowledged: row.acknowledged,
      lost: row.lost,
      doubled: row.doubled,
      gaps: row.gaps,
      'reader missed': row.readerMissed,
      violations: row.violations,
      failures: Object.entries(row.failures)
        .map(([reason, count]) => `${count} ${reason}`)
        .join('; '),
      'longest pause': `${row.longestPauseMs} ms`,
      'without a server': `${row.longestAbsenceMs} ms`,
      'p50 / p99': `${row.p50} / ${row.p99} ms`,
      entries: row.entries,
    })),
  )
  console.log(
    `${sum(rows, 'faults')} faults, ${sum(rows, 'acknowledged')} acknowledged commands: ${sum(rows, 'lost')} lost, ` +
      `${sum(rows, 'doubled')} doubled, ${sum(rows, 'gaps')} gaps, ${sum(rows, 'violations')} violations.`,
  )
}

if (options.speed) {
  const environment = { ...process.env, NATS_SERVER: program }
  const words = ['--import', 'tsx', 'tests/jetstream/speed.worker.ts']
  const child = spawn(process.execPath, words, { stdio: 'inherit', env: environment })
  const [code] = await once(child, 'exit')
  process.exit(code ?? 1)
}

const folder = mkdtempSync(join(tmpdir(), 'reprise-jetstream-'))
const report = join(folder, 'report.jsonl')
try {
  process.exitCode = await runJest(report)
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : []
  const rows = lines.map((line) => JSON.parse(line))
  const owners = rows.filter((row) => 'checkpointsBack' in row)
  const others = rows.filter((row) => !owners.includes(row))
  if (others.length > 0) print(others)
  if (owners.length > 0) console.table(owners)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
