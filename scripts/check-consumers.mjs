// Compiles and runs applications that have installed the packed package, outside of this repository: as ES modules, as
// CommonJS and in one bundled file, with each Kysely that we support; and their tests, under node's own runner and vitest.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { webcrypto } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { pathToFileURL } from 'node:url'
import { TextDecoder, TextEncoder } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { MessageChannel } from 'node:worker_threads'
import ts from 'typescript'
import { allPassed, inPairs, install, installOnly, link, runFile, withFolder } from './packed.mjs'

const APPLICATION = resolve('tests/consumers/application.ts')
const TESTS = resolve('tests/consumers/test-runner.ts')
const { exports, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
const doors = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([door]) => join('reprise', door).replaceAll('\\', '/'))

// --- It compiles ---

const parsed = new Map()
/** A host that parses what several programs share once: a library's declarations, mostly. */
const hostFor = (options) => {
  const host = ts.createCompilerHost(options)
  return {
    ...host,
    getSourceFile: (file, how, ...rest) => {
      const key = `${file} ${String(how?.impliedNodeFormat)} ${String(options.moduleResolution)}`
      if (!parsed.has(key)) parsed.set(key, host.getSourceFile(file, how, ...rest))
      return parsed.get(key)
    },
  }
}

// It names types of browsers and of Emscripten, which its users do not have either.
const isNotOurs = (path) => path.includes('/@electric-sql/pglite/')

const compile = (folder, files, options) => {
  const all = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
    typeRoots: [join(folder, 'node_modules/@types')],
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    esModuleInterop: true,
    outDir: join(folder, 'node'),
    ...options,
  }
  const program = ts.createProgram(
    files.map((file) => join(folder, file)),
    all,
    hostFor(all),
  )
  const wrong = ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => !isNotOurs(file?.fileName ?? ''))
  const formatted = ts.formatDiagnostics(wrong, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => folder,
    getNewLine: () => '\n',
  })
  if (options.noEmit !== true) program.emit()
  return formatted
}

const NODE = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
}
const BUNDLER = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noEmit: true,
}

const VITEST = 'bundler/vitest.test.ts'

const compileAll = (oldest, newest) => {
  const node = ['node/application.mts', 'node/application.cts']
  const bundler = ['bundler/application.ts', VITEST]
  for (const folder of [oldest, newest]) {
    for (const file of [...node, 'bundler/application.ts']) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      copyFileSync(APPLICATION, join(folder, file))
    }
  }
  copyFileSync(TESTS, join(oldest, 'node/runner.test.mts'))
  const tests = readFileSync(TESTS, 'utf8').replace("from 'node:test'", "from 'vitest'")
  writeFileSync(join(oldest, VITEST), tests)
  return [
    // Every declaration that comes with a package is checked once: it is most of the time.
    [
      'NodeNext',
      oldest,
      [...node, 'node/runner.test.mts'],
      { ...NODE, skipLibCheck: false, exactOptionalPropertyTypes: true },
    ],
    ['Bundler', oldest, bundler, BUNDLER],
    ['NodeNext, newest Kysely', newest, node, NODE],
  ].map(([file, folder, files, options]) => {
    const output = compile(folder, files, options)
    return { file, passed: output === '', output }
  })
}

// --- It runs ---

/** Every entry point shows an ES module the names that it shows CommonJS, and they are the same values. */
const checkNames = async (folder) => {
  const require = createRequire(join(folder, 'application.js'))
  for (const door of doors) {
    const path = require.resolve(door)
    const forModules = await import(pathToFileURL(path.replace(/\.js$/, '.mjs')))
    const forCommonJs = require(door)
    assert.ok(Object.keys(forCommonJs).length > 0, `${door} exports nothing`)
    assert.deepEqual(Object.keys(forModules).sort(), Object.keys(forCommonJs).sort())
    for (const name of Object.keys(forCommonJs)) {
      assert.equal(forModules[name], forCommonJs[name], `${door} has two of ${name}`)
    }
  }
}

/** Its codecs are recognised as made by io-ts only if ours is the application's: see docs/adr/0087. */
const checkIoTs = (folder) => {
  const require = createRequire(join(folder, 'application.js'))
  for (const name of ['reprise', 'reprise/codec', 'reprise/postgres']) require(name)
  const own = readdirSync(join(folder, 'node_modules/reprise/dist/shared'))
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(join(folder, 'node_modules/reprise/dist/shared', file), 'utf8'))
  assert.ok(require.resolve('io-ts') in require.cache, "the application's io-ts is not loaded")
  assert.ok(!own.some((text) => text.includes('InterfaceType(')), 'io-ts is in our own files')
}

/** One file, with everything in it but PGlite, whose WebAssembly is a file of its own. */
const bundle = (folder) => {
  const esbuild = createRequire(import.meta.resolve('tsx/package.json'))('esbuild')
  const alone = join(folder, 'bundled')
  installOnly(alone, ['@electric-sql/pglite'])
  const outfile = join(alone, 'application.cjs')
  esbuild.buildSync({
    entryPoints: [join(folder, 'bundler/application.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['@electric-sql/pglite', 'pg-native'],
    logLevel: 'error',
  })
  return outfile
}

const IN_BROWSERS = `
import { accept, commands, events, openCategory, promised } from 'reprise'
import { WholeNumber } from 'reprise/codec'
import { memory } from 'reprise/memory'

const counter = {
  name: 'counter',
  commands: commands({ Add: { by: WholeNumber } }),
  events: events({ Added: { by: WholeNumber } }),
  decider: {
    initialState: 0,
    decide: ({ by }) => accept({ type: 'Added', by }),
    evolve: (sum, { by }) => sum + by,
  },
}
export const run = async () => {
  const counters = promised(openCategory(counter, memory()))
  const add = (by) => counters.handleCommand('C1', { type: 'Add', by })
  return JSON.stringify(await Promise.all([1, 2, 4].map(add)).then((all) => all.map(({ state }) => state)))
}
`

/** For browsers: bundled without anything of node, and run where nothing of it is. */
const checkInBrowsers = async (folder) => {
  const esbuild = createRequire(import.meta.resolve('tsx/package.json'))('esbuild')
  // Every entry point but those for servers, tests and telemetry.
  const others = doors
    .filter((door) => !/http|testing|opentelemetry|studio/.test(door))
    .map((door, index) => `export * as door${index} from '${door}'\n`)
  const { outputFiles } = esbuild.buildSync({
    stdin: { contents: others.join('') + IN_BROWSERS, resolveDir: folder },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'bundle',
    logLevel: 'error',
    write: false,
  })
  const channels = []
  const realm = createContext({
    ...{ crypto: webcrypto, performance, setTimeout, clearTimeout, TextEncoder, TextDecoder },
    MessageChannel: function () {
      channels.push(new MessageChannel())
      return channels.at(-1)
    },
  })
  runInContext(`'use strict'; ${outputFiles[0].text}`, realm)
  assert.equal(await runInContext('bundle.run()', realm), '[1,3,7]')
  for (const { port1 } of channels) port1.close()
}

/** The optional peers: an application without them can load every entry point, and is told what it needs one for. */
const checkWithoutPeers = (folder) => {
  const script = join(folder, 'without-peers.cjs')
  copyFileSync('scripts/without-peers.cjs', script)
  const without = (entry, missing) =>
    spawnSync(process.execPath, [script, entry, ...missing], { cwd: folder, encoding: 'utf8' })
  const peers = Object.keys(peerDependencies)
  const said = {
    'reprise/postgres': /Cannot find module 'kysely'/,
    'reprise/testing': /npm install --save-dev fast-check.*Cannot find module 'fast-check'/,
  }
  // These are nothing without their peer.
  const needed = {
    'reprise/jetstream': '@nats-io/nats-core',
    'reprise/opentelemetry': '@opentelemetry/api',
  }
  for (const door of doors) {
    const missing = peers.filter((peer) => peer !== needed[door])
    const { status, stdout, stderr } = without(door, missing)
    assert.equal(status, 0, `${door} does not load without ${missing.join(', ')}:\n${stderr}`)
    assert.match(stdout, said[door] ?? / names/)
  }
}

/** The runners of tests that are neither jest nor the script above. */
const runTests = (folder) => [
  () => runFile(join(folder, 'node/runner.test.mjs'), { options: ['--test'] }),
  () =>
    runFile(join(folder, 'node_modules/vitest/vitest.mjs'), {
      cwd: join(folder, 'bundler'),
      args: ['run'],
    }),
]

const passed = await withFolder(async (folder) => {
  const start = performance.now()
  const oldest = install(join(folder, 'oldest'))
  link('vitest', oldest)
  const newest = install(join(folder, 'newest'), { kysely: 'kysely-newest' })
  await checkNames(oldest)
  checkIoTs(oldest)
  checkWithoutPeers(oldest)
  await checkInBrowsers(oldest)
  const compiled = compileAll(oldest, newest)
  if (!allPassed(compiled)) return false
  const applications = [oldest, newest]
    .flatMap((application) => [
      join(application, 'node/application.mjs'),
      join(application, 'node/application.cjs'),
    ])
    .concat(bundle(oldest))
  const ran = await inPairs(
    [...runTests(oldest), ...applications.map((file) => () => runFile(file))],
    (run) => run(),
  )
  const seconds = Math.round((performance.now() - start) / 1000)
  console.log(
    `consumers: ${doors.length} entry points; ${compiled.length} compiled, ${ran.length} run, in ${seconds} s`,
  )
  return allPassed(ran)
})
process.exitCode = passed ? 0 : 1
