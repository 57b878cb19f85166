// Imports and exports of a large store, and moves to an archive file, that are killed 20 times each, and a disk that is full, where a small one can be mounted.
// `npm run test:kills` kills them at any place, and compares after each.
// --kills 20, --events 200000, --seed <number>
import { spawn } from 'node:child_process'
import process from 'node:process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    events: { type: 'string', default: '200000' },
    seed: { type: 'string' },
  },
})
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
const child = spawn(
  process.execPath,
  [
    ...jest,
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    'tests/chaos/(transfer|full-disk|archive-to-file).test.ts',
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      REPRISE_TRANSFER_KILLS: values.kills,
      REPRISE_TRANSFER_EVENTS: values.events,
      ...(values.seed === undefined ? {} : { REPRISE_TRANSFER_SEED: values.seed }),
    },
  },
)
child.once('exit', (code) => {
  process.exitCode = code ?? 1
})
