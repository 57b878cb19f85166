// npm run test:boundaries -- --seconds 60: sixteen connections book through boundaries while processes are killed and
// connections are terminated; the history checker judges. Then each naive way, which must be found.
import { spawn } from 'node:child_process'
import process from 'node:process'
import { Command, InvalidArgumentError } from 'commander'

const number = (text) => {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed')
  return value
}

const { seconds } = new Command('npm run test:boundaries --')
  .description('Lets processes book under faults, and judges what they were told.')
  .option('--seconds <count>', 'for how long', number, 60)
  .parse()
  .opts()

const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'tests/chaos/boundaries.test.ts',
  ],
  { stdio: 'inherit', env: { ...process.env, REPRISE_BOUNDARY_SECONDS: String(seconds) } },
)
child.once('exit', (code) => {
  process.exitCode = code ?? 1
})
