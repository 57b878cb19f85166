import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
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
const errors = typeErrorsIn(pages)

describe('the code of a page', () => {
  it.each([...pages.keys()])('type-checks: %s', (path) => {
    expect(errors.get(path)).toEqual([])
  })
})
