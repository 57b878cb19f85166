// What users run, under other versions of Node than the one here: the consumers of the packed package, the first steps, the
// hotel, and the contracts of the stores. The versions are packages of the npm registry with nothing but the program in them.
//   npm run test:nodes [-- 22 24]
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'

const given = process.argv.slice(2)
const versions = given.length === 0 ? ['22', '24'] : given
const system = process.platform === 'win32' ? 'win' : process.platform
const PACKAGE = `node-${system}-${process.arch}`

/** The program of one version, downloaded once. */
const nodeOf = (version) => {
  const folder = resolve('node_modules/.cache/nodes', version)
  const program = join(
    folder,
    'node_modules',
    PACKAGE,
    'bin',
    system === 'win' ? 'node.exe' : 'node',
  )
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const wanted = `${PACKAGE}@${version}`
  const quiet = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder]
  execFileSync('npm', ['install', ...quiet, wanted], { stdio: 'inherit' })
  return program
}

const runs = [
  ['scripts/check-consumers.mjs'],
  ['scripts/check-first-steps.mjs'],
  ['scripts/check-hotel.mjs'],
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'tests/contracts/postgres.test.ts',
    'tests/contracts/pglite.test.ts',
    'tests/shell/process.test.ts',
  ],
]

execFileSync(process.execPath, ['scripts/pack.mjs', 'node_modules/.cache/reprise.tgz'], {
  stdio: 'inherit',
})
for (const version of versions) {
  const node = nodeOf(version)
  // Whatever starts `node` by its name gets this one, too.
  const PATH = [dirname(node), process.env.PATH].join(delimiter)
  const found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  for (const run of runs) {
    console.log(`Node ${found}: ${run.find((word) => !word.startsWith('-'))}`)
    const { status } = spawnSync(node, run, { stdio: 'inherit', env: { ...process.env, PATH } })
    if (status !== 0) process.exit(1)
  }
}
