import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'

const HOTEL = resolve(__dirname, '../../examples/hotel')
const DOMAIN = join(HOTEL, 'src/domain')
const CODEC_MODULES: ReadonlyArray<string> = ['reprise/codec', 'zod', 'io-ts']
const MAKING = /^(?:commands|events|\w+Codecs?)$/

const lineOf = (source: ts.SourceFile, node: ts.Node): number =>
  source.getLineAndCharacterOfPosition(node.getStart(source)).line
const endOf = (source: ts.SourceFile, node: ts.Node): number =>
  source.getLineAndCharacterOfPosition(node.getEnd()).line

/** The numbers of the lines that say something: no blank ones, no comments. */
const codeLinesOf = (text: string): ReadonlySet<number> => {
  const source = ts.createSourceFile('domain.ts', text, ts.ScriptTarget.ES2022, true)
  const lines = new Set<number>()
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(source)
    if (children.length > 0) children.forEach(visit)
    else if (node.getText(source) !== '') {
      for (let line = lineOf(source, node); line <= endOf(source, node); line++) lines.add(line)
    }
  }
  visit(source)
  return lines
}

/**
 * Those that name a codec: something of a codec module, or a function that makes one. A line that only names a message
 * (`BookingConfirmed: {},`) would be there as a type as well.
 */
const codecLinesOf = (text: string): ReadonlySet<number> => {
  const source = ts.createSourceFile('domain.ts', text, ts.ScriptTarget.ES2022, true)
  const imported = new Set<string>()
  const lines = new Set<number>()
  const namesIn = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) imported.add(node.text)
    ts.forEachChild(node, namesIn)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const { moduleSpecifier, importClause } = node
      if (!ts.isStringLiteral(moduleSpecifier)) return
      if (!CODEC_MODULES.includes(moduleSpecifier.text)) return
      for (let line = lineOf(source, node); line <= endOf(source, node); line++) lines.add(line)
      if (importClause !== undefined) namesIn(importClause)
    } else if (ts.isIdentifier(node)) {
      if (imported.has(node.text) || MAKING.test(node.text)) lines.add(lineOf(source, node))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return lines
}

const domain = readdirSync(DOMAIN).map((file) => readFileSync(join(DOMAIN, file), 'utf8'))

interface Manifest {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

describe('the hotel', () => {
  it('declares codecs in at most one of ten lines of its domain', () => {
    const sum = (counts: ReadonlyArray<ReadonlySet<number>>): number =>
      counts.reduce((all, { size }) => all + size, 0)
    const codec = sum(domain.map(codecLinesOf))
    const all = sum(domain.map(codeLinesOf))
    expect(codec).toBeGreaterThan(0)
    expect(codec / all).toBeLessThanOrEqual(0.1)
  })

  it('counts each line that names a codec', () => {
    const text = [
      "import { events } from 'reprise'",
      "import { Day } from 'reprise/codec'",
      '// a comment',
      '',
      'export const stays = events({',
      '  Began: {',
      '    arrival: Day,',
      '  },',
      '  Ended: {},',
      '})',
      "const one = 'Day'",
    ].join('\n')
    expect([...codecLinesOf(text)].sort()).toEqual([1, 4, 6])
    expect(codeLinesOf(text).size).toBe(9)
  })

  it('asks for the versions that it is tested with', () => {
    const read = (folder: string): Manifest =>
      JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
    const ours = read(resolve(HOTEL, '../..'))
    const tested = { ...ours.dependencies, ...ours.devDependencies, reprise: ours.version }
    const exact = (range: string | undefined) => range?.replace('^', '')
    const versions: Readonly<Record<string, string>> = tested
    const hotel = read(HOTEL)
    for (const [name, range] of Object.entries({
      ...hotel.dependencies,
      ...hotel.devDependencies,
    })) {
      expect([name, exact(range)]).toEqual([name, exact(versions[name])])
    }
  })
})
