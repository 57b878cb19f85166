// Many runs of the history checker under faults. See docs/how-to/check-your-store.md.
// --against postgres|memory|pglite, --seeds 20, --seed <the first one>, --minutes 10 (at most), --seconds 15 (for each).
import { spawn } from 'node:child_process'
import process from 'node:process'

const arguments_ = ['--import', 'tsx', 'tests/chaos/run-chaos.worker.ts', ...process.argv.slice(2)]
spawn(process.execPath, arguments_, { stdio: 'inherit' }).once('exit', (code) => {
  process.exitCode = code ?? 1
})
