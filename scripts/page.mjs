// Bundles the studio's page into a module, so that it travels inside of the package and needs no file beside it. `--check`:
// only says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const MODULE = 'src/studio/assets.ts'
const PAGE = 'src/studio/page'
/** What the bundle holds, under licences that ask for a copy of their text. */
const BUNDLED = ['preact', '@tanstack/virtual-core']

const licences = BUNDLED.map((name) => {
  const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'))
  const text = readFileSync(`node_modules/${name}/LICENSE`, 'utf8').trim()
  return `${name} ${version} (${license})\n\n${text}`
}).join('\n\n---\n\n')

const { outputFiles, metafile } = await build({
  entryPoints: { studio: `${PAGE}/main.tsx`, style: `${PAGE}/studio.css` },
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'esm',
  target: ['chrome123', 'firefox120', 'safari17.5'],
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  tsconfig: `${PAGE}/tsconfig.json`,
  outdir: 'studio',
  legalComments: 'none',
})

// A dependency whose licence is not kept would be bundled without a word.
const used = Object.keys(metafile.inputs)
  .filter((file) => file.startsWith('node_modules/'))
  .map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)[1])
const unknown = used.filter((name) => !BUNDLED.includes(name))
if (unknown.length > 0) throw new Error(`The licence of ${unknown[0]} is not kept.`)

const textOf = (extension) => outputFiles.find(({ path }) => path.endsWith(extension)).text.trim()

const entries = [
  ['/', 'text/html; charset=utf-8', readFileSync(`${PAGE}/index.html`, 'utf8')],
  ['/studio.js', 'text/javascript; charset=utf-8', textOf('.js')],
  ['/studio.css', 'text/css; charset=utf-8', textOf('.css')],
  ['/icon.svg', 'image/svg+xml', readFileSync(`${PAGE}/icon.svg`, 'utf8')],
  ['/licences.txt', 'text/plain; charset=utf-8', licences],
]

const literal = (text) => `\`${text.replace(/[`\\]|[$](?=\{)/g, '\\$&')}\``

const wanted = `// Made by \`npm run page\` from src/studio/page: change that.

/** A file of the page. */
export interface Asset {
  readonly type: string
  readonly content: string
}

/** The page of the studio, by path. */
export const assets: ReadonlyMap<string, Asset> = new Map([
${entries.map(([path, type, content]) => `  ['${path}', { type: '${type}', content: ${literal(content)} }],`).join('\n')}
])
`

if (!process.argv.includes('--check')) writeFileSync(MODULE, wanted)
else if (readFileSync(MODULE, 'utf8') !== wanted) {
  console.error(`${MODULE} is out of date. Run: npm run page`)
  process.exitCode = 1
}
