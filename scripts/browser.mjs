// Runs the tests of the studio's page in a real browser: Debian's chromium, or the one that CHROMIUM names.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import process from 'node:process'

const browser = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path))

if (browser === undefined) {
  console.error(
    'There is no browser. Debian: apt-get install chromium. Or name one: CHROMIUM=/path npm run test:browser',
  )
  process.exitCode = 1
} else {
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
    ].concat(['--testMatch', '**/*.browser.ts', '--runInBand'], process.argv.slice(2)),
    { stdio: 'inherit', env: { ...process.env, CHROMIUM: browser } },
  )
  const [code] = await once(child, 'exit')
  process.exitCode = code ?? 1
}
