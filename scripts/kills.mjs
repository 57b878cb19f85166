// npm run test:kills: each operation on the life of the data is killed 20 times, run again each time, and compared: import and export
// (lines, rows), forgetting, rotating the master key, erasing, archiving, moving to partitions. Two to nine minutes on two cores.
// --kills 20, --seed <number>, --only <a part of the test's name>
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string' },
    only: { type: 'string', default: 'kill' },
  },
})
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'tests/adapters/postgres/schema/(erasing|archiving)',
    'tests/chaos/killed-',
    '-t',
    values.only,
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      REPRISE_KILLS: values.kills,
      ...(values.seed === undefined ? {} : { REPRISE_KILLS_SEED: values.seed }),
    },
  },
)
process.exitCode = status ?? 1
