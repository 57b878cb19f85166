// npm run test:tenants: a thousand tenants on one pool, and the whole contract of a store on one of them.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'tests/contracts/tenants',
  ],
  { stdio: 'inherit', env: { REPRISE_TENANTS: '1000', ...process.env } },
)
process.exitCode = status ?? 1
