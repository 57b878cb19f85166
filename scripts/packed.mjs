// Installs the packed package as a user has it: in a folder outside of this repository, a copy of what is in the
// archive, beside the packages that it depends on. Nothing is downloaded.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'

export const ARCHIVE = resolve('node_modules/.cache/reprise.tgz')

const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
const packages = [
  ...Object.keys({ ...dependencies, ...peerDependencies }),
  '@opentelemetry/context-async-hooks', // the page on telemetry
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/sdk-trace-base',
  'valibot', // the page on schemas shows it, and zod
  'zod',
  '@types/node',
  '@types/pg',
]

/** Links a package of this repository, under its name or that of `from`. */
export const link = (name, folder, from = name) => {
  const place = join(folder, 'node_modules', name)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(realpathSync(join('node_modules', from)), place, 'junction')
}

/**
 * Makes `folder` an application that has installed it; `instead` names other packages: `{ kysely: 'kysely-newest' }`.
 * `beside`: what it needs itself; by default what the pages show.
 */
export const install = (folder, instead = {}, beside = packages) => {
  const own = join(folder, 'node_modules/reprise')
  mkdirSync(own, { recursive: true })
  execFileSync('tar', ['-xzf', ARCHIVE, '--strip-components=1', '-C', own])
  for (const name of new Set([...Object.keys(dependencies), ...beside])) {
    link(name, folder, instead[name])
  }
  return folder
}

/** Only some packages, and not ours: for what has everything else in its bundle. */
export const installOnly = (folder, names) => {
  mkdirSync(folder, { recursive: true })
  for (const name of names) link(name, folder)
}

/** Calls `use` with a new folder outside of the repository, and removes it afterwards. */
export const withFolder = async (use) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'reprise-consumers-')))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * Runs a file under plain node, by default in its folder. What it printed, and `passed`: it ended by itself, with 0.
 * `options` go before the file, `args` after it.
 */
export const runFile = (
  file,
  {
    seconds = 90,
    env = {},
    node = process.execPath,
    options = [],
    args = [],
    cwd = dirname(file),
  } = {},
) =>
  new Promise((done) => {
    const child = spawn(node, [...options, file, ...args], {
      cwd,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text))
    const timer = setTimeout(() => {
      output += `\nIt had not ended after ${seconds} seconds.`
      child.kill('SIGKILL')
    }, seconds * 1000)
    child.on('close', (code) => {
      clearTimeout(timer)
      done({ file, passed: code === 0, output })
    })
  })

/** Runs `work` on every item, two at a time. */
export const inPairs = async (items, work) => {
  const left = [...items]
  const results = []
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      results.push(await work(item))
    }
  }
  await Promise.all([worker(), worker()])
  return results
}

/** Prints those that failed. Whether there were none. */
export const allPassed = (results) => {
  const failed = results.filter(({ passed }) => !passed)
  for (const { file, output } of failed) console.error(`\n${file} failed:\n${output}`)
  return failed.length === 0
}
