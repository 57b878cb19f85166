// Compiles src to dist, from nothing, so that a deleted source leaves no file behind.
//
// One runtime, CommonJS. An ES module gets the same objects through `x.mjs`, which names what `x.js` exports,
// and types of its own (`.d.mts`): to the compiler, a `.d.ts` of this package speaks of the CommonJS types of
// kysely and PGlite, and their classes are others than those that an ES module imports.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'

const require = createRequire(import.meta.url)
rmSync('dist', { recursive: true, force: true })
execFileSync(
  process.execPath,
  [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  {
    stdio: 'inherit',
  },
)
if (existsSync('dist/cli/main.js')) chmodSync('dist/cli/main.js', 0o755)

const written = new Set()

/** Writes `x.d.mts` beside `x.d.ts`, and does the same for all that it imports from this package. */
const writeModuleTypes = (declarations) => {
  if (written.has(declarations)) return
  written.add(declarations)
  const text = readFileSync(declarations, 'utf8').replace(
    /(\bfrom |\bimport\()(['"])(\.[^'"]*)\2/g,
    (_, before, quote, path) => {
      const own = path.replace(/\.js$/, '')
      const target = join(dirname(declarations), own)
      const file = existsSync(`${target}.d.ts`) ? own : `${own}/index`
      writeModuleTypes(join(dirname(declarations), `${file}.d.ts`))
      return `${before}${quote}${file}.mjs${quote}`
    },
  )
  writeFileSync(declarations.replace(/\.ts$/, '.mts'), text)
}

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
for (const { import: forModules, require: forCommonJs } of Object.values(exports)) {
  if (forModules === undefined) continue // a file, the same for everyone
  const names = Object.keys(require(resolve(forCommonJs.default)))
  writeFileSync(
    forModules.default,
    `export {\n${names.map((name) => `  ${name},\n`).join('')}} from './${basename(forCommonJs.default)}'\n`,
  )
  writeModuleTypes(forCommonJs.types)
}
