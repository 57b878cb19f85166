// npm run test:drivers: the contracts over every driver, and every way to parse types that an application may have set.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'tests/contracts/drivers',
  ],
  { stdio: 'inherit', env: { ...process.env, REPRISE_DRIVERS: 'all' } },
)
process.exitCode = status ?? 1
