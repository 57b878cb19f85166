import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { exampleModules } from './public-comments'
import { codeOf, typeErrorsIn } from './run-markdown'

const ROOT = resolve(__dirname, '../..')
const paths = readdirSync(resolve(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && !path.startsWith('api'))
  .map((path) => `docs/${path.replaceAll('\\', '/')}`)

const pages = new Map(
  ['README.md', ...paths]
    .map((path) => [path, codeOf(readFileSync(resolve(ROOT, path), 'utf8'))] as const)
    .filter(([, code]) => code.trim() !== ''),
)
// Its files are run one by one, from the packed package (`scripts/check-first-steps.mjs`); as one module they are checked here.
const FIRST_STEPS = 'docs/first-ten-minutes.md'
const files = readFileSync(resolve(ROOT, FIRST_STEPS), 'utf8').replaceAll('```typescript', '```ts')
pages.set(FIRST_STEPS, codeOf(files).replaceAll(/^import .* from '.[/]gift-card.js'$/gm, ''))
// It needs a server: tests/jetstream/page.test.ts runs it.
const JETSTREAM = 'docs/how-to/use-jetstream.md'
const needsServer = readFileSync(resolve(ROOT, JETSTREAM), 'utf8')
pages.set(JETSTREAM, codeOf(needsServer.replaceAll('```typescript', '```ts')))
// One program for them and for the examples in comments: both read all of the library.
const errors = typeErrorsIn(new Map([...pages, ...exampleModules]))

describe('the code of a page', () => {
  it.each([...pages.keys()])('type-checks: %s', (path) => {
    expect(errors.get(path)).toEqual([])
  })
})

describe('the example in the comment of a public function', () => {
  it.each([...exampleModules.keys()])('type-checks: %s', (path) => {
    expect(errors.get(path)).toEqual([])
  })
})
