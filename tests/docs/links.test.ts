import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { codeOf } from './run-markdown'

const ROOT = resolve(__dirname, '../..')
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const pages: ReadonlyArray<string> = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.replaceAll('\\', '/')}`),
]

/** What a heading is called in a link: lower case, words joined by dashes. */
const anchorsOf = (page: string): ReadonlyArray<string> =>
  page
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )

/** What `npm install` brings: the folders and files of the package, and those that npm always packs. */
const packed: ReadonlyArray<string> = [
  ...(JSON.parse(text('package.json')) as { readonly files: ReadonlyArray<string> }).files,
  'README.md',
  'LICENSE',
  'package.json',
]
const isPacked = (path: string): boolean =>
  packed.some((name) => path === name || path.startsWith(`${name}/`))

const ownLinks = (page: string): ReadonlyArray<string> =>
  [...text(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))

const isBroken = (page: string, link: string): boolean => {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(ROOT, target))) return true
  return anchor !== undefined && !anchorsOf(text(target)).includes(anchor)
}

const isNamed = ({ parent }: ts.Node): boolean =>
  // it('...'), describe('...'), it.each([...])('...'), and the contracts: { '...': async () => ... }
  ts.isPropertyAssignment(parent) ||
  (ts.isCallExpression(parent) && /^(it|test|describe)\b/.test(parent.expression.getText()))

/** The names of the tests in a file. */
const testsIn = (path: string): ReadonlyArray<string> => {
  if (!existsSync(join(ROOT, path))) return []
  const source = ts.createSourceFile(path, text(path), ts.ScriptTarget.ES2022, true)
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && isNamed(node)) names.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return names
}

describe('the documentation', () => {
  it.each(pages)('%s links to nothing that is missing', (page) => {
    expect(ownLinks(page).filter((link) => isBroken(page, link))).toEqual([])
  })

  it.each(pages.filter(isPacked))('%s links to nothing that the package lacks', (page) => {
    const lacking = ownLinks(page)
      .map((link) => link.split('#')[0] ?? '')
      .filter((path) => path !== '' && !isPacked(join(dirname(page), path).replaceAll('\\', '/')))
    expect(lacking).toEqual([])
  })

  it.each(pages.filter(isPacked))('%s names files of the repository that exist', (page) => {
    const named = [...text(page).matchAll(/`((?:tests|src|scripts)\/[^`\s*<]+[.][a-z]+)`/g)]
    expect(
      named.map(([, path = '']) => path).filter((path) => !existsSync(join(ROOT, path))),
    ).toEqual([])
  })

  it('tells on each page that imports the shared account where it is', () => {
    const using = pages.filter((page) => codeOf(text(page)).includes("from './account.js'"))
    expect(using.length).toBeGreaterThan(0)
    expect(using.filter((page) => !ownLinks(page).includes('../account.md'))).toEqual([])
  })

  it('imports only what plain node can import: no folder of fp-ts or io-ts', () => {
    const ofFolders = /from '(?:fp-ts|io-ts)\/(?!lib\/\w+\.js')/
    const written = pages.filter((page) => !page.startsWith('docs/api/'))
    expect(written.filter((page) => ofFolders.test(codeOf(text(page))))).toEqual([])
  })

  it('names tests that exist, for every guarantee', () => {
    const [guaranteed = '', excluded = ''] = text('docs/guarantees.md').split('## Not guaranteed')
    const lines = guaranteed.split('\n').filter((line) => line.startsWith('- **'))
    const numbers = lines.map((line) => /^- \*\*([A-D]\d+) /.exec(line)?.[1] ?? '')
    const wanted = Array.from({ length: 33 }, (_, index) => index + 1)
    expect(numbers.filter((number) => number !== '')).toEqual(
      wanted.map(
        (number) => `${number < 10 ? 'A' : number < 16 ? 'B' : number < 23 ? 'C' : 'D'}${number}`,
      ),
    )
    const missing = lines.flatMap((line) => {
      const links = [...line.matchAll(/"([^"]+)" \(`((?:tests|src)\/[^`]+)`\)/g)]
      if (links.length === 0) return [`${line.slice(0, 40)}: no test`]
      return links
        .filter(([, name = '', path = '']) => !testsIn(path).includes(name))
        .map(([, name, path]) => `${path}: ${name}`)
    })
    expect(missing).toEqual([])
    expect(excluded.length).toBeGreaterThan(0)
  })

  it('has every decision in its list', () => {
    const list = text('docs/adr/README.md')
    const decisions = readdirSync(join(ROOT, 'docs/adr')).filter((name) => /^[0-9]/.test(name))
    expect(decisions.filter((name) => !list.includes(`(${name})`))).toEqual([])
  })

  it('has a test that runs each page with TypeScript in it', () => {
    const tests = readdirSync(__dirname)
      .filter((name) => name.endsWith('.test.ts') && name !== 'links.test.ts')
      .map((name) => text(`tests/docs/${name}`))
      .join('\n')
    // The API reports are made by a tool, and hold declarations only.
    const written = pages.filter((page) => !page.startsWith('docs/api/'))
    const withCode = written.filter((page) => codeOf(text(page)).trim() !== '')
    expect(withCode.filter((page) => !tests.includes(`'${page}'`))).toEqual([])
  })
})
