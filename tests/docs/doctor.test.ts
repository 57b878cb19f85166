import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'

const ROOT = resolve(__dirname, '../..')
const CHECKS = 'src/adapters/postgres/operator/doctor'
const sources = [
  'src/core/operator/finding.ts',
  'src/cli/commands/doctor.ts',
  ...readdirSync(join(ROOT, CHECKS)).map((name) => `${CHECKS}/${name}`),
]

/** What a finding of the code says: everything that is put in is `<>`. */
interface Said {
  readonly check: string
  readonly level: string
  readonly says: string
}

/** The texts that an expression can have. */
const textsOf = (node: ts.Expression, source: ts.SourceFile): ReadonlyArray<string> => {
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isTemplateExpression(node)) {
    return [node.head.text + node.templateSpans.map(({ literal }) => `<>${literal.text}`).join('')]
  }
  if (ts.isConditionalExpression(node)) {
    return [...textsOf(node.whenTrue, source), ...textsOf(node.whenFalse, source)]
  }
  if (ts.isIdentifier(node)) {
    const found: ts.Expression[] = []
    const visit = (inner: ts.Node): void => {
      if (
        ts.isVariableDeclaration(inner) &&
        inner.name.getText(source) === node.text &&
        inner.initializer !== undefined
      ) {
        found.push(inner.initializer)
      }
      ts.forEachChild(inner, visit)
    }
    visit(enclosing(node) ?? source)
    if (found.length === 0) visit(source)
    if (found[0] !== undefined) return textsOf(found[0], source)
  }
  return ['<>']
}

/** The function with a body around a node. */
const enclosing = (node: ts.Node): ts.Node | undefined => {
  if (ts.isSourceFile(node)) return undefined
  return ts.isArrowFunction(node) && ts.isBlock(node.body) ? node : enclosing(node.parent)
}

const saidIn = (path: string): ReadonlyArray<Said> => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  const all: Said[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const level = node.expression.text
      const [check, message] = node.arguments
      if ((level === 'problem' || level === 'warning') && check && message) {
        for (const says of textsOf(message, source)) {
          all.push({ check: textsOf(check, source)[0] ?? '<>', level, says })
        }
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return all
}

const PAGE = 'docs/reference/doctor.md'
const rows = readFileSync(join(ROOT, PAGE), 'utf8')
  .split('\n')
  .filter((line) => /^\| .* \| `/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\|?\s*|\s*\|?$/g, '')))

const inTable = rows.map(([, check = '', level = '', says = '']) => ({
  check: check.replaceAll('`', '').replace(/<[^>]*>/g, '<>'),
  level,
  says: says.replace(/^`|`$/g, '').replace(/<[^>]*>/g, '<>'),
}))
const written = ({ check, level, says }: Said): string => `${check} | ${level} | ${says}`

describe('the table of what doctor finds', () => {
  it('has every finding of the code, with its check, its level and its words', () => {
    const inCode = sources.flatMap(saidIn).map(written)
    expect(inCode.length).toBeGreaterThan(20)
    expect(inCode.filter((finding) => !inTable.map(written).includes(finding))).toEqual([])
  })

  it('has no finding that the code does not have', () => {
    const inCode = sources.flatMap(saidIn).map(written)
    expect(inTable.map(written).filter((finding) => !inCode.includes(finding))).toEqual([])
  })

  it('says of each what to do', () => {
    for (const row of rows) expect(row[4]?.length ?? 0).toBeGreaterThan(8)
  })
})
