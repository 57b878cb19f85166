// Imports, exports and moves to an archive file that are killed 20 times each, and a disk that is full (for which one must be root).
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
const isRoot = process.getuid?.() === 0
if (!isRoot) console.log('The disk that is full is left out: only root can make one.')
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
const child = spawn(
  process.execPath,
  [
    ...jest,
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    'tests/chaos/(transfer|archive-to-file).test.ts',
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      REPRISE_TRANSFER_KILLS: values.kills,
      REPRISE_TRANSFER_EVENTS: values.events,
      ...(isRoot ? { REPRISE_TRANSFER_DISK: '1' } : {}),
      ...(values.seed === undefined ? {} : { REPRISE_TRANSFER_SEED: values.seed }),
    },
  },
)
child.once('exit', (code) => {
  process.exitCode = code ?? 1
})
