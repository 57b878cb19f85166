// npm run test:failover: fails a primary over to one of two synchronous standbys, several times, under 64 callers.
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

const options = new Command('npm run test:failover --')
  .description('Kills a primary under load, promotes a standby, and judges what is left.')
  .option('--failovers <count>', 'how many, each with servers of its own', number, 5)
  .option('--seconds <count>', 'how long each is under load, before and after', number, 10)
  .parse()
  .opts()

const runJest = async (report) => {
  const environment = {
    REPRISE_FAILOVERS: String(options.failovers),
    REPRISE_FAILOVER_SECONDS: String(options.seconds),
    REPRISE_FAILOVER_REPORT: report,
  }
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      'tests/chaos/failover.test.ts',
    ],
    { stdio: 'inherit', env: { ...process.env, ...environment } },
  )
  const [code] = await once(child, 'exit')
  return code ?? 1
}

const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0)
const most = (rows, key) => Math.max(...rows.map((row) => row[key]))

const print = (rows) => {
  console.table(
    rows.map((row) => ({
      acknowledged: row.acknowledged,
      lost: row.lost,
      doubled: row.doubled,
      gaps: row.gaps,
      'reader missed/doubled': `${row.readerMissed}/${row.readerDoubled}`,
      'documents wrong': row.documentsWrong,
      'kill to promotion': `${row.promotionMs} ms`,
      'promotion to success': `${row.firstSuccessMs} ms`,
      'broken (of 64)': row.brokenConnections,
      'lost answers': row.lostAnswers,
      unknown: row.unknownOutcomes,
      'refused meanwhile': row.refusedMeanwhile,
    })),
  )
  console.log(
    `${rows.length} failovers, ${sum(rows, 'acknowledged')} acknowledged commands: ${sum(rows, 'lost')} lost, ` +
      `${sum(rows, 'doubled')} doubled, ${sum(rows, 'gaps')} gaps; first success at most ` +
      `${most(rows, 'firstSuccessMs')} ms after the promotion; at most ${most(rows, 'mostPerCaller')} lost answers for one caller.`,
  )
}

const folder = mkdtempSync(join(tmpdir(), 'reprise-failover-'))
const report = join(folder, 'report.jsonl')
try {
  process.exitCode = await runJest(report)
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : []
  if (lines.length > 0) print(lines.map((line) => JSON.parse(line)))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
