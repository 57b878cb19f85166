// Installs the peers, and builds Reprise: what its users get is what is measured.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const BENCH = at('..')
const MARK = at('../node_modules/.reprise-bench')

const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })

export const installPeers = () => {
  const lock = createHash('sha256')
    .update(readFileSync(at('../package-lock.json')))
    .digest('hex')
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === lock) return
  console.log('Installing the peers ...')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], BENCH)
  writeFileSync(MARK, lock)
}

export const buildReprise = () => run(process.execPath, ['scripts/build.mjs'], at('../..'))
