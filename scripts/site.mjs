// Builds the site of the documentation from `docs`, the README and the comments of the code, and checks all of its links.
//   npm run site                        # to site/dist
//   npm run site -- --base /reprise/    # for a place below the root of a host
//   npm run site -- --dev               # a server that shows it while it is written
//   npm run check:site                  # this version alone, beside site/dist
// SITE_REPOSITORY is the address of the repository in a browser: links to files lead there. Without it they are plain text.
// It is a package of its own, as `bench` is: nothing of it is installed by `npm ci`.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values: chosen } = parseArgs({
  options: {
    base: { type: 'string', default: '/' },
    newest: { type: 'string' },
    out: { type: 'string', default: 'site/dist' },
    dev: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const base = `/${chosen.base}/`.replaceAll(/\/+/g, '/')
const out = resolve(chosen.check ? 'node_modules/.cache/reprise-site' : chosen.out)
const MARK = 'site/node_modules/.reprise-site'

const timed = async (what, work) => {
  const begin = performance.now()
  const result = await work()
  console.log(`${what} (${((performance.now() - begin) / 1000).toFixed(1)} s)`)
  return result
}

const run = (args, { cwd = 'site', env = {} } = {}) =>
  execFileSync(args[0], args.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })

const install = () => {
  const lock = createHash('sha256').update(readFileSync('site/package-lock.json')).digest('hex')
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === lock) return
  run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'])
  writeFileSync(MARK, lock)
}

/** Where the program of a package of the site starts. */
const program = (name) => {
  const { bin } = JSON.parse(readFileSync(`site/node_modules/${name}/package.json`, 'utf8'))
  return resolve('site/node_modules', name, typeof bin === 'string' ? bin : bin[name])
}

const load = (file) => import(pathToFileURL(resolve('site', file)).href)

/** An older version, as it was at its tag, in a folder of its own below this one. */
const buildOlder = (version) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'reprise-site-')))
  const checkout = join(folder, 'checkout')
  try {
    run(['git', 'worktree', 'add', '--detach', checkout, `v${version}`], { cwd: '.' })
    run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], { cwd: checkout })
    const place = ['--base', `${base}v${version}`, '--newest', base]
    const target = join(out, `v${version}`)
    run([process.execPath, 'scripts/site.mjs', ...place, '--out', target], { cwd: checkout })
  } finally {
    run(['git', 'worktree', 'remove', '--force', checkout], { cwd: '.' })
    rmSync(folder, { recursive: true, force: true })
  }
}

await timed('installed', install)
const { stage } = await load('stage.mjs')
const { writeReference } = await load('reference.mjs')
const pages = await timed('pages laid out', () =>
  stage({ repository: process.env.SITE_REPOSITORY }),
)
await timed('API reference written', () => {
  run([process.execPath, program('typedoc'), '--options', 'typedoc.json'])
  writeReference()
})
const vitepress = program('vitepress')
const env = { SITE_BASE: base, SITE_OUT: out, SITE_NEWEST: chosen.newest ?? base }
if (chosen.dev) run([process.execPath, vitepress, 'dev'], { env })
else {
  await timed('built', () => {
    run([process.execPath, vitepress, 'build', '--logLevel', 'warn'], { env })
  })
  const { checkSite } = await load('check-site.mjs')
  const { problems, links, files, script } = await timed('checked', () => checkSite(out, base))
  console.log(
    `${pages.length} pages of docs, ${files} pages, ${links} links; the first page has ${script.plain} KB of script (${script.gzip} KB gzip)`,
  )
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exit(1)
  if (chosen.newest === undefined && !chosen.check) {
    const { older } = JSON.parse(readFileSync('site/versions.json', 'utf8'))
    for (const version of older) await timed(`version ${version}`, () => buildOlder(version))
  }
}
