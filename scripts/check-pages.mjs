// Runs the code of every page under plain node, as a reader would: pasted into a folder of their own, where the packed
// package is installed. Nothing of this repository is in reach.
//   node scripts/check-pages.mjs [page ...]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import ts from 'typescript'
import { startPostgres } from './embedded-postgres.mjs'
import { allPassed, inPairs, install, runFile, withFolder } from './packed.mjs'

const pages = ['README.md']
  .concat(
    readdirSync('docs', { recursive: true }).map((path) => `docs/${path.replaceAll('\\', '/')}`),
  )
  .filter((path) => path.endsWith('.md') && !/^docs\/(api|adr)\//.test(path))

/** What is inside of its ```ts blocks, on the lines where it is on the page. */
const codeOf = (page) => {
  let inside = false
  const lines = page.split('\n').map((line) => {
    if (inside && line.trim() === '```') inside = false
    else if (inside) return line
    else if (line.trim() === '```ts') inside = true
    return ''
  })
  return lines.join('\n')
}

const withoutTypes = (code) =>
  ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  }).outputText

const chosen = process.argv.slice(2)
const start = performance.now()
const postgres = await startPostgres({ name: 'pages', settings: ['fsync=off'] })
const passed = await withFolder(async (folder) => {
  install(folder)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  // For the page after it; without the contract, which is for a test runner.
  const [fileStore] = readFileSync('docs/how-to/write-a-store-adapter.md', 'utf8').split('\n## 6. ')
  writeFileSync(join(folder, 'file-store.js'), withoutTypes(codeOf(fileStore)))
  const files = pages.flatMap((page) => {
    const code = codeOf(readFileSync(page, 'utf8'))
    if (code.trim() === '') return []
    // The page says to save it under this name.
    const name =
      page === 'docs/account.md'
        ? 'account'
        : page.replace(/^docs\/|\.md$/g, '').replaceAll('/', '-')
    const file = join(folder, `${name}.js`)
    writeFileSync(file, withoutTypes(code))
    return chosen.length === 0 || chosen.includes(page) ? [file] : []
  })
  const env = { DATABASE_URL: postgres.url, HOST: '127.0.0.1', PORT: '0' }
  const ran = await inPairs(files, (file) => runFile(file, { env }))
  const seconds = Math.round((performance.now() - start) / 1000)
  console.log(`pages: ${ran.length} run under plain node, in ${seconds} s`)
  return allPassed(ran)
})
await postgres.stop()
process.exit(passed ? 0 : 1) // `exitCode` would not do: embedded-postgres ends the process with 0
