// npm run test:partitions: what is promised of a store in PostgreSQL, on stores whose events are in three partitions; then a process
// is killed 20 times in the middle of moving events to partitions. Some files at a time: -- operator.postgres
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const jest = (args, environment) => {
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      ...args,
    ],
    { stdio: 'inherit', env: { ...process.env, ...environment } },
  )
  return status ?? 1
}

// These look at the table itself, or at where it comes from.
const OTHERS = ['schema/(migrations|place|immutability|partitions)', 'connection/']
const wanted = process.argv.slice(2)
const files =
  wanted.length > 0
    ? wanted
    : [
        'tests/contracts/(postgres|operator.postgres|read-side.postgres)',
        'tests/adapters/postgres/',
      ]
const contracts = jest(
  [...files, ...OTHERS.flatMap((path) => ['--testPathIgnorePatterns', path])],
  {
    REPRISE_PARTITIONS: '3',
  },
)
const kills =
  wanted.length > 0
    ? 0
    : jest(['tests/adapters/postgres/schema/partitions', '-t', 'kill'], { REPRISE_KILLS: '20' })
process.exitCode = contracts === 0 ? kills : contracts
