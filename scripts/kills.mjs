// npm run test:kills: a process is killed 20 times in the middle of erasing a stream, and of archiving streams, and each time it is
// run again.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'tests/adapters/postgres/schema/(erasing|archiving)',
    '-t',
    'kill',
  ],
  { stdio: 'inherit', env: { ...process.env, REPRISE_KILLS: '20' } },
)
process.exitCode = status ?? 1
