// npm run test:shards [-- --seconds 60 --times 3]: two shards in PostgreSQL: the contracts of a store, a failover of one
// under load, a split that is killed at each step, and one of streams that have ended. On two shards in memory the contracts run with all tests.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Command, InvalidArgumentError } from 'commander'

const number = (text) => {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed')
  return value
}

const { seconds, times, only, speed } = new Command('npm run test:shards --')
  .description(
    'Runs the contracts on two shards in PostgreSQL, a failover under load, and a split.',
  )
  .option('--seconds <count>', 'how long each failover is under load', number, 10)
  .option('--times <count>', 'how many failovers', number, 1)
  .option('--only <part>', 'contract, bank, failover, split or ended')
  .option('--speed', 'only what an append costs on a shard beside one on a plain store')
  .parse()
  .opts()

const runJest = async (report) => {
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--runInBand',
      '--reporters=default',
      '--reporters=<rootDir>/tests/support/progress-reporter.js',
      '--testMatch',
      `**/${only ?? '*'}.shards.ts`,
    ],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        REPRISE_SHARDS_SECONDS: String(seconds),
        REPRISE_SHARDS_TIMES: String(times),
        REPRISE_SHARDS_REPORT: report,
      },
    },
  )
  process.once('SIGTERM', () => child.kill())
  const [code] = await once(child, 'exit')
  return code ?? 1
}

const print = ({ kind, shards, ...times }) => {
  console.log(`${kind}: ${JSON.stringify(times)}`)
  console.table(
    shards.map(({ violations, failures, ...row }) => ({
      ...row,
      violations: violations.length,
      failures: Object.entries(failures)
        .map(([reason, count]) => `${count} ${reason}`)
        .join('; '),
    })),
  )
}

if (speed) {
  const words = ['--import', 'tsx', 'tests/shards/speed.worker.ts']
  const [code] = await once(spawn(process.execPath, words, { stdio: 'inherit' }), 'exit')
  process.exit(code ?? 1)
}

const folder = mkdtempSync(join(tmpdir(), 'reprise-shards-'))
const report = join(folder, 'report.jsonl')
try {
  process.exitCode = await runJest(report)
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : []
  for (const line of lines) print(JSON.parse(line))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
