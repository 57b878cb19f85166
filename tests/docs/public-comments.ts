import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'

const ROOT = resolve(__dirname, '../..')
const DOMAIN = 'tests/support/example-domain.ts'

const parsed = new Map<string, ts.SourceFile>()
const sourceFile = (path: string): ts.SourceFile => {
  const known = parsed.get(path)
  if (known !== undefined) return known
  const text = readFileSync(path, 'utf8')
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  parsed.set(path, file)
  return file
}

/** A name that an entry point exports, and what declares it. */
export interface PublicName {
  /** `adapter`: the file in `src`. */
  readonly door: string
  readonly name: string
  readonly declaration: ts.Node
  /** What stands above it, without its stars. Empty: nothing. */
  readonly comment: string
}

/** The comment that stands directly above a declaration or a member. Empty: there is none. */
export const commentOn = (node: ts.Node): string => {
  const comment = ts.getJSDocCommentsAndTags(node).findLast(ts.isJSDoc)?.getText() ?? ''
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^[ \t]*\*[ ]?/gm, '')
    .trim()
}

const namesOf = (statement: ts.Statement): ReadonlyArray<readonly [string, ts.Node]> => {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((one) => [one.name.getText(), one])
  }
  const declares =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  return declares && statement.name !== undefined ? [[statement.name.text, statement]] : []
}

const declarations = (path: string): ReadonlyMap<string, ts.Node> =>
  new Map(sourceFile(path).statements.flatMap(namesOf))

const doors = readdirSync(resolve(ROOT, 'src'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace(/\.ts$/, ''))

/** Every name that an entry point exports, in the order of its file. */
export const publicNames: ReadonlyArray<PublicName> = doors.flatMap((door) =>
  sourceFile(resolve(ROOT, `src/${door}.ts`)).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) return []
    const { exportClause: clause, moduleSpecifier: from } = statement
    if (clause === undefined || !ts.isNamedExports(clause)) return []
    if (from === undefined || !ts.isStringLiteral(from)) return []
    const declared = declarations(`${resolve(ROOT, 'src', from.text)}.ts`)
    return clause.elements.flatMap(({ name: { text: name } }) => {
      const declaration = declared.get(name)
      return declaration === undefined
        ? []
        : [{ door, name, declaration, comment: commentOn(declaration) }]
    })
  }),
)

/** The function that a declaration is, and those that it answers in its turn: `(options) => (backend) => ...`. */
export const functionsOf = (node: ts.Node): ReadonlyArray<ts.SignatureDeclaration> => {
  if (ts.isVariableDeclaration(node)) {
    return node.initializer === undefined ? [] : functionsOf(node.initializer)
  }
  if (ts.isParenthesizedExpression(node) || ts.isSatisfiesExpression(node)) {
    return functionsOf(node.expression)
  }
  if (ts.isFunctionDeclaration(node)) return [node]
  return ts.isArrowFunction(node) ? [node, ...functionsOf(node.body)] : []
}

/** The code under `@example`, if there is one. */
export const exampleIn = (comment: string): string | undefined =>
  /^@example\n(?<code>[^]*?)(?=\n@|$(?![^]))/m.exec(comment)?.groups?.['code']?.trimEnd()

/** What an example may use without saying where it comes from. */
const LIBRARIES: Readonly<Record<string, string>> = {
  appendFileSync: "import { appendFileSync } from 'node:fs'",
  assert: "import assert from 'node:assert/strict'",
  Client: "import { Client } from 'pg'",
  CompiledQuery: "import { CompiledQuery } from 'kysely'",
  connect: "import { connect } from '@nats-io/transport-node'",
  ConsoleMetricExporter: "import { ConsoleMetricExporter } from '@opentelemetry/sdk-metrics'",
  createServer: "import { createServer } from 'node:http'",
  describe: "import { describe } from 'node:test'",
  E: "import * as E from 'fp-ts/Either'",
  fc: "import fc from 'fast-check'",
  it: "import { it } from 'node:test'",
  MeterProvider: "import { MeterProvider } from '@opentelemetry/sdk-metrics'",
  PeriodicExportingMetricReader:
    "import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'",
  PGlite: "import { PGlite } from '@electric-sql/pglite'",
  pipe: "import { pipe } from 'fp-ts/function'",
  pino: "import { pino } from 'pino'",
  Pool: "import { Pool } from 'pg'",
  t: "import * as t from 'io-ts'",
  TE: "import * as TE from 'fp-ts/TaskEither'",
  Transaction: "import type { Transaction } from 'kysely'",
  z: "import { z } from 'zod'",
}

/** The names that some code uses, and those that it declares itself. */
const identifiersIn = (code: string) => {
  const [used, own] = [new Set<string>(), new Set<string>()]
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node
      const isKey =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        (ts.isPropertyAssignment(parent) && parent.name === node) ||
        (ts.isBindingElement(parent) && parent.propertyName === node)
      if (!isKey) used.add(node.text)
      const declares =
        ts.isVariableDeclaration(parent) ||
        ts.isParameter(parent) ||
        ts.isBindingElement(parent) ||
        ts.isTypeAliasDeclaration(parent)
      if (declares && parent.name === node) own.add(node.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('example.ts', code, ts.ScriptTarget.ESNext, true))
  return { used, own }
}

const doorName = (door: string): string => (door === 'index' ? 'reprise' : `reprise/${door}`)

const domain = declarations(resolve(ROOT, DOMAIN))

/** The entry point that gives a name: this one, or the first one, or none. */
const doorOf = (name: string, own: string): string | undefined => {
  const giving = publicNames.filter((one) => one.name === name).map(({ door }) => door)
  return [own, 'index'].find((door) => giving.includes(door)) ?? giving[0]
}

/** The imports that an example of an entry point does not show, in one line. */
const importsOf = (code: string, from: string): string => {
  const { used, own } = identifiersIn(code)
  const imports = [...used].flatMap((name) => {
    if (own.has(name)) return []
    if (domain.has(name)) return [`import { ${name} } from '../support/example-domain'`]
    const [door, library] = [doorOf(name, from), LIBRARIES[name]]
    if (library !== undefined && door !== from) return [library]
    return door === undefined ? [] : [`import { ${name} } from '${doorName(door)}'`]
  })
  return imports.join('; ')
}

/** The examples of all public names, and the path of the module that each becomes. */
const examples = publicNames.flatMap(({ door, name, comment }) => {
  const code = exampleIn(comment)
  return code === undefined ? [] : [{ door, path: `tests/docs/example-of-${door}-${name}`, code }]
})

/** The examples as modules of their own, each in a function, for it may `return`. */
export const exampleModules: ReadonlyMap<string, string> = new Map(
  examples.map(({ door, path, code }) => [
    path,
    `${importsOf(code, door)}; export const example = async () => {\n${code}\n}\n`,
  ]),
)

const isExpression = (text: string): boolean => {
  const { diagnostics } = ts.transpileModule(`(${text})`, { reportDiagnostics: true })
  return diagnostics?.length === 0
}

/** A call, and what it gives. */
const CLAIM = /^(?<call>[a-z][^=]*\)) \/\/ (?<result>.+)$/gm

/** The examples that say what a call gives (`matches(...) // true`), as code that fails if it gives anything else. */
export const exampleClaims: ReadonlyMap<string, string> = new Map(
  examples.flatMap(({ door, path, code }) => {
    const { used, own } = identifiersIn(code)
    if ([...used].some((name) => domain.has(name) && !own.has(name))) return []
    const checked = code.replace(CLAIM, (line, call: string, result: string) =>
      isExpression(result) ? `assert.deepEqual(${call}, ${result})` : line,
    )
    return checked === code ? [] : [[path, `${importsOf(checked, door)}\n${checked}`] as const]
  }),
)
