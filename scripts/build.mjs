// Compiles src to dist, from nothing, so that a deleted source leaves no file behind.
//
// One runtime, CommonJS, in few files: to load one file takes about a millisecond, and there are hundreds of sources. What
// several entry points need is in files of its own (`dist/shared`), so that each function and each symbol is there once.
// Dependencies stay outside, but for what we call of fp-ts and io-ts: see docs/adr/0087. An ES module gets the same objects through `x.mjs`, which names what `x.js` exports,
// and types of its own (`.d.mts`): to the compiler, a `.d.ts` of this package speaks of the CommonJS types of
// kysely and PGlite, and their classes are others than those that an ES module imports.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { build } from 'esbuild'
import { rollup } from 'rollup'
import ts from 'typescript'

const require = createRequire(import.meta.url)
const { exports, bin, browser } = JSON.parse(readFileSync('package.json', 'utf8'))
const doors = Object.values(exports).filter((target) => target.require !== undefined)

// --- Declarations ---

rmSync('dist', { recursive: true, force: true })
execFileSync(
  process.execPath,
  [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  { stdio: 'inherit' },
)

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

// --- Code ---

const { options } = ts.getParsedCommandLineOfConfigFile('tsconfig.build.json', {}, ts.sys)

// Loaded when they are first used, and not with this package: each takes as long as a good part of it. An application that
// brings its own Kysely needs no second one at all.
const LATER = new Set(['kysely', 'lru-cache', 'node:crypto'])

// Node's own modules only in the file that browsers have another one for: a bundler finds whatever is required.
const isLater = (module, file) =>
  LATER.has(module) && (!module.startsWith('node:') || /[\\/]src[\\/]platform[\\/]/.test(file))
const PREFIX = '\0later:'

/** `parse(…)` of a module that is loaded later becomes `later().parse(…)`, and `new Kysely` becomes `new (later().Kysely)`. */
const loadingLater = (context) => (source) => {
  const { factory } = context
  const modules = new Map() // the function that loads it, by the module
  const values = new Map() // what stands for it, by the name
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement)) continue
    if (!isLater(statement.moduleSpecifier.text, source.fileName)) continue
    const { namedBindings } = statement.importClause
    if (statement.importClause.isTypeOnly || namedBindings === undefined) continue
    const name = `later${modules.size}`
    const load = () => factory.createCallExpression(factory.createIdentifier(name), undefined, [])
    modules.set(statement.moduleSpecifier.text, name)
    if (ts.isNamespaceImport(namedBindings)) values.set(namedBindings.name.text, load)
    else {
      for (const { isTypeOnly, name: own, propertyName = own } of namedBindings.elements) {
        const member = () => factory.createPropertyAccessExpression(load(), propertyName.text)
        if (!isTypeOnly) values.set(own.text, member)
      }
    }
  }
  if (values.size === 0) return source
  let found = false
  const instead = (node) => {
    const isKnown =
      ts.isPropertyAccessExpression(node) || ts.isNewExpression(node) || ts.isCallExpression(node)
    if (!isKnown || !ts.isIdentifier(node.expression)) return undefined
    const make = values.get(node.expression.text)
    if (make === undefined) return undefined
    found = true
    return make()
  }
  const visit = (node) => {
    if (ts.isTypeNode(node)) return node
    if (ts.isImportDeclaration(node))
      return modules.has(node.moduleSpecifier.text) ? undefined : node
    const other = instead(node)
    if (other === undefined) {
      if (ts.isIdentifier(node) && values.has(node.text) && node.parent.name !== node) {
        throw new Error(`${source.fileName} uses ${node.text}, which is loaded later, as a value`)
      }
      return ts.visitEachChild(node, visit, context)
    }
    if (ts.isPropertyAccessExpression(node)) {
      return factory.updatePropertyAccessExpression(node, other, node.name)
    }
    const given = ts.visitNodes(node.arguments, visit)
    return ts.isCallExpression(node)
      ? factory.updateCallExpression(node, other, node.typeArguments, given)
      : factory.updateNewExpression(node, other, node.typeArguments, given)
  }
  const changed = ts.visitEachChild(source, visit, context)
  if (!found) return changed
  const imports = [...modules].map(([module, name]) =>
    factory.createImportDeclaration(
      undefined,
      factory.createImportClause(
        false,
        undefined,
        factory.createNamedImports([
          factory.createImportSpecifier(
            false,
            factory.createIdentifier('later'),
            factory.createIdentifier(name),
          ),
        ]),
      ),
      factory.createStringLiteral(`${PREFIX}${module}`),
    ),
  )
  return factory.updateSourceFile(changed, [...imports, ...changed.statements])
}

/** What comes into our files: the modules of these packages that can be taken apart, so that only what is called comes along. */
const INSIDE = ['fp-ts', 'io-ts']

const insideFile = (path) => {
  const [, name, module = 'index'] = /^(fp-ts|io-ts)(?:\/(?:es6\/)?(\w+))?$/.exec(path) ?? []
  return name && resolve('node_modules', name, 'es6', `${module}.js`)
}

/** Finds and compiles sources. `isolatedModules` makes sure that each can be compiled alone. */
const typescript = {
  name: 'typescript',
  load: (path) =>
    path.startsWith(PREFIX)
      ? `let loaded\nexport const later = () => (loaded ??= require('${path.slice(PREFIX.length)}'))`
      : null,
  resolveId: (path, importer) => {
    if (path.startsWith(PREFIX)) return path
    const inside = insideFile(path)
    if (inside !== undefined) return inside
    if (!path.startsWith('.') || importer === undefined) return null
    const source = resolve(dirname(importer), `${path.replace(/\.js$/, '')}.ts`)
    return existsSync(source) ? source : null
  },
  transform: (code, fileName) => {
    if (!fileName.endsWith('.ts')) return null
    const { outputText, sourceMapText } = ts.transpileModule(code, {
      fileName,
      transformers: { before: [loadingLater] },
      compilerOptions: {
        ...options,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        removeComments: true, // they are in the declarations, and in the sources that the maps bring
      },
    })
    return { code: outputText, map: sourceMapText }
  },
}

const sourceOf = (file) => file.replace(/^(\.\/)?dist/, 'src').replace(/\.js$/, '.ts')
const nameOf = (file) => file.replace(/^(\.\/)?dist\//, '').replace(/\.js$/, '')
const entries = [...doors.map((door) => door.require.default), ...Object.values(bin)]

/** In which file of `dist/shared` a source is, if several entry points need it. One that is loaded later keeps its own. */
const sharedFile = (path, { getModuleInfo }) => {
  if (path.startsWith(`${PREFIX}node:`)) return 'platform'
  if (path.startsWith(PREFIX) || path.includes('node_modules')) return 'core'
  if (getModuleInfo(path).dynamicImporters.length > 0) return undefined
  const [, folder] =
    /[\\/]src[\\/](core[\\/]operator|core|shell|platform|adapters[\\/]postgres)[\\/]/.exec(path) ??
    []
  return folder && basename(folder)
}

const bundle = await rollup({
  input: Object.fromEntries(entries.map((file) => [nameOf(file), sourceOf(file)])),
  plugins: [typescript],
  external: (path) =>
    !path.startsWith(PREFIX) &&
    !path.startsWith('.') &&
    !isAbsolute(path) &&
    insideFile(path) === undefined,
  treeshake: { moduleSideEffects: false },
  onwarn: (warning) => {
    // Helpers of an old compiler, in fp-ts and io-ts, look for themselves in `this`.
    if (warning.code === 'THIS_IS_UNDEFINED' && warning.id?.includes('node_modules')) return
    throw new Error(warning.message)
  },
})
await bundle.write({
  dir: 'dist',
  format: 'cjs',
  entryFileNames: '[name].js',
  chunkFileNames: 'shared/[name].js',
  sourcemap: true,
  esModule: true,
  externalLiveBindings: false,
  minifyInternalExports: false,
  hoistTransitiveImports: false, // what a file imports from node stays in that file: browsers take another one
  manualChunks: sharedFile,
  // `import * as E` is what `require` gives; and Node's own modules, which do not say that they are modules, are the default.
  interop: (path) => (path.startsWith('node:') ? 'default' : 'esModule'),
})
await bundle.close()
const licences = [...INSIDE, '@noble/hashes'].map((name) => {
  const folder = join('node_modules', name)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const licence = readFileSync(join(folder, 'LICENSE'), 'utf8').trim()
  return `Parts of ${name} ${version} are in these files.\n\n${licence}\n`
})
writeFileSync('dist/LICENSES', licences.join('\n\n'))
for (const file of Object.values(bin)) chmodSync(file, 0o755)

// --- For browsers ---

// `browser` in package.json says which file takes the place of which. Its hash function is inside: nothing to install.
const [[ofNode, ofBrowsers]] = Object.entries(browser)
await build({
  entryPoints: ['src/platform/browser.ts'],
  outfile: ofBrowsers,
  bundle: true,
  format: 'cjs',
  platform: 'browser',
  target: 'es2022',
})
const inBrowsers = readFileSync(ofBrowsers, 'utf8')
for (const name of Object.keys(require(resolve(ofNode)))) {
  if (!inBrowsers.includes(`  ${name}: () => `)) throw new Error(`${ofBrowsers} lacks ${name}`)
}

// --- For ES modules ---

for (const { import: forModules, require: forCommonJs } of doors) {
  const names = Object.keys(require(resolve(forCommonJs.default)))
  writeFileSync(
    forModules.default,
    `export {\n${names.map((name) => `  ${name},\n`).join('')}} from './${basename(forCommonJs.default)}'\n`,
  )
  writeModuleTypes(forCommonJs.types)
}
