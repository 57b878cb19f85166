// npm run test:shards: the contracts of a store on two shards in PostgreSQL. On two in memory they run with all tests.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--testMatch',
    '**/*.shards.ts',
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)
process.exitCode = status ?? 1
