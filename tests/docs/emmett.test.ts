import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { describeMarkdown, runCode, typeErrorsOf } from './run-markdown'

const PAGE = 'docs/comparisons/emmett.md'
const page = readFileSync(resolve(__dirname, '../..', PAGE), 'utf8')

/** The code of one side, as one module: of Emmett ```typescript, of Reprise ```ts. */
const sideOf = (text: string, language: 'ts' | 'typescript'): string =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))]
    .map(([, code = '']) => code)
    .join('\n')

// Both sides check themselves; that is no part of an application.
const PRELUDE = "import assert from 'node:assert/strict'\n"
const emmett = PRELUDE + sideOf(page, 'typescript')

describeMarkdown(PAGE)

describe('the side of Emmett', () => {
  it('type-checks, and runs', async () => {
    expect(typeErrorsOf(PAGE, emmett)).toEqual([])
    await expect(runCode(PAGE, emmett)).resolves.toBeUndefined()
  }, 60_000)
})

const [application = ''] = page.split('## What holds')
const sections = ['Messages', 'Rules', 'Examples of the rules', 'At the door', 'The store']
const sectionOf = (title: string): string =>
  application.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? ''

const linesOf = (code: string): number =>
  code.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length

const sourceOf = (code: string) =>
  ts.createSourceFile('side.ts', code, ts.ScriptTarget.ES2022, true)

/** The names that a side imports from the library, and those that it makes up. */
const namesIn = (code: string) => {
  const imported = new Set<string>()
  const declared = new Set<string>()
  const bind = (name: ts.BindingName): void => {
    if (ts.isIdentifier(name)) declared.add(name.text)
    else for (const one of name.elements) if (ts.isBindingElement(one)) bind(one.name)
  }
  for (const statement of sourceOf(code).statements) {
    if (ts.isImportDeclaration(statement)) {
      const bindings = statement.importClause?.namedBindings
      if (bindings !== undefined && ts.isNamedImports(bindings)) {
        for (const { name } of bindings.elements) imported.add(name.text)
      }
    } else if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) bind(name)
    } else if (ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement)) {
      declared.add(statement.name.text)
    }
  }
  return { imported: imported.size, declared: declared.size }
}

const sides = ['typescript', 'ts'] as const

describe('the numbers of the comparison', () => {
  const names = sides.map((side) => namesIn(sideOf(application, side)))
  const rows: ReadonlyArray<readonly [string, ReadonlyArray<number>]> = [
    ...sections.map(
      (title) => [title, sides.map((side) => linesOf(sideOf(sectionOf(title), side)))] as const,
    ),
    [
      '**Lines**, without blank ones and comments',
      sides.map((side) =>
        sections.reduce((sum, title) => sum + linesOf(sideOf(sectionOf(title), side)), 0),
      ),
    ],
    ['Names imported', names.map(({ imported }) => imported)],
    ['Names declared', names.map(({ declared }) => declared)],
    ['Names altogether', names.map(({ imported, declared }) => imported + declared)],
  ]

  it('are those of its table', () => {
    const table = [...page.matchAll(/^\| (.+?) +\| +(\d+) \| +(\d+) \|$/gm)].map(
      ([, name, ...counts]) => [name, counts.map(Number)],
    )
    expect(table).toEqual(rows)
  })

  it('show fewer lines, and fewer names', () => {
    const [lines, , , altogether] = rows.slice(-4).map(([, counts]) => counts)
    expect(lines?.[1]).toBeLessThan(lines?.[0] ?? 0)
    expect(altogether?.[1]).toBeLessThan(altogether?.[0] ?? 0)
  })
})
