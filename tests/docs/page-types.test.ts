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
const errors = typeErrorsIn(pages)

describe('the code of a page', () => {
  it.each([...pages.keys()])('type-checks: %s', (path) => {
    expect(errors.get(path)).toEqual([])
  })
})
