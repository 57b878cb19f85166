// Many runs of the history checker under faults. See docs/how-to/check-your-store.md.
// --against postgres|memory|pglite, --seeds 20, --seed <the first one>, --minutes 10 (at most; 0: no end),
// --seconds 15 (for each seed), --hostile 10000 (hostile inputs before that). `--full`, first: the tests of the
// proof in their full size, instead of all that.
// It can be stopped at any time (Ctrl-C, SIGTERM): it reports what was done.
import { spawn } from 'node:child_process'
import process from 'node:process'

const full = {
  REPRISE_HISTORIES: '2000',
  REPRISE_CRASH_POINTS: '10000',
  REPRISE_HOSTILE: '10000',
  REPRISE_HISTORY: '1000000',
}
const tests = ['tests/testing/history', 'tests/model', 'tests/chaos/hist', 'tests/chaos/hostile']

const given = process.argv.slice(2)
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
const child =
  given[0] === '--full'
    ? spawn(
        process.execPath,
        [...jest, 'node_modules/jest/bin/jest.js', '--runInBand', ...tests, ...given.slice(1)],
        { stdio: 'inherit', env: { ...full, ...process.env } },
      )
    : spawn(process.execPath, ['--import', 'tsx', 'tests/chaos/run-chaos.worker.ts', ...given], {
        stdio: 'inherit',
      })
// From a terminal it gets the signal as well, and once is enough for it.
let signals = 0
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => child.kill(++signals > 2 ? 'SIGKILL' : signal))
}
child.once('exit', (code) => {
  process.exitCode = code ?? 1
})
