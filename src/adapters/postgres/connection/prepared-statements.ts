import type { FieldDef, PoolClient, QueryResult } from 'pg'
import {
  type Column,
  encodeParameters,
  type Prepared,
  runPrepared,
  takesExchanges,
} from './prepared-query'
import { statementNames, type StatementNames } from './statement-names'
import { type Answer, isOwn, labelOf, ownTypes, type RunStatement } from './query'

/** How statements reach the server. */
export type PreparedStatementsMode =
  /** The few hot ones are prepared once on each connection. */
  | 'prepared'
  /**
   * The caller's own as well, if they have parameters: the second time the same text comes, up to 200 texts on each
   * connection. Worth it where inline projections or queries repeat. After a change of a table's columns a connection
   * that has prepared `select *` from it fails once, with `TransactionRefused` or SQLSTATE 0A000, and is replaced.
   */
  | 'prepareAll'
  /** Nothing is prepared: for a pooler in transaction mode that cannot keep prepared statements. */
  | 'unprepared'

/** How many statements are sent together at most: fewer than are kept prepared, so that none takes the place of another. */
const MOST_TOGETHER = 50

/** How many of the caller's statements a connection prepares, and how many texts it remembers for that. */
const MOST_OF_CALLERS = 200
const MOST_REMEMBERED = 1_000

/** The name to prepare one of the caller's statements under; `undefined` while it should not be prepared. */
type NameOf = (text: string, parameters: ReadonlyArray<unknown>) => string | undefined

/** None of the caller's statements is prepared. */
const noStatementCache = (): NameOf => () => undefined

/**
 * Statements with parameters are prepared the second time they come. Both numbers are bounded: texts that are
 * composed afresh each time must not fill the server's memory, or ours.
 */
const statementCache = (freshName: (label: string) => string): NameOf => {
  const names = new Map<string, string | undefined>()
  let prepared = 0
  return (text, parameters) => {
    if (parameters.length === 0) return undefined
    const known = names.get(text)
    if (known !== undefined) return known
    if (!names.has(text)) {
      if (names.size < MOST_REMEMBERED) names.set(text, undefined)
      return undefined
    }
    if (prepared === MOST_OF_CALLERS) return undefined
    prepared += 1
    const name = freshName('callers')
    names.set(text, name)
    return name
  }
}

/** A statement that is prepared under a name, with its parameters. */
interface NamedStatement {
  readonly name: string
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/** A statement as it is sent. */
export interface SentStatement {
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/** Statements that are sent together. */
export interface SentTogether {
  /** Without BEGIN and COMMIT: they are one transaction. */
  readonly statements: ReadonlyArray<SentStatement>
  /** The columns of the first one, whose rows are the answer. */
  readonly columns: ReadonlyArray<Column>
}

/**
 * Runs statements in one round trip, and as one transaction: it is committed when they are answered. Rejects as the driver
 * does: see {@link failedStatement}. `undefined`: the driver cannot, or only the driver can write the parameters.
 */
export type RunTogether = (together: SentTogether) => Promise<Answer> | undefined

/** The statements that one connection prepares once, and then only runs. */
interface PreparedStatements {
  /** A name that nothing else is prepared under. */
  readonly freshName: (label: string) => string
  /** The name of one of our statements on this connection; `undefined`: it is not to be prepared. */
  readonly nameOf: (label: string, text: string) => string | undefined
  readonly isReady: (name: string) => boolean
  /**
   * Runs a statement. Rejects as the driver does.
   *
   * @param before - a statement without parameters that is ready: it runs first, in the same round trip.
   */
  readonly run: (statement: NamedStatement, before?: NamedStatement) => Promise<Answer>
  readonly together: RunTogether
}

// The driver's own types name only the types that are built in.
const parserOf = (
  client: { readonly getTypeParser: (type: number, format: 'text') => Column['parse'] },
  type: number,
): Column['parse'] => client.getTypeParser(type, 'text')

const columnsOf = (
  types: Parameters<typeof parserOf>[0],
  fields: ReadonlyArray<FieldDef>,
): ReadonlyArray<Column> =>
  fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(types, dataTypeID) }))

/** Statements with their values as texts; `undefined` when only the driver can write them. */
const encodedStatements = (
  statements: ReadonlyArray<SentStatement>,
): ReadonlyArray<Pick<Prepared, 'text' | 'values'>> | undefined => {
  const encoded: Pick<Prepared, 'text' | 'values'>[] = []
  for (const { text, parameters } of statements) {
    const values = encodeParameters(parameters)
    if (values === undefined) return undefined
    encoded.push({ text, values })
  }
  return encoded
}

/** A client may have been given to several pools of ours. */
const namesByClient = new WeakMap<PoolClient, StatementNames>()
const namesOn = (client: PoolClient): StatementNames => {
  const names = namesByClient.get(client) ?? statementNames()
  namesByClient.set(client, names)
  return names
}

/**
 * The first time, the driver prepares a statement and reports its columns. From then on they are known: they are
 * neither requested nor sent again.
 */
const preparedStatements = (client: PoolClient): PreparedStatements => {
  const ready = new Map<string, ReadonlyArray<Column>>()
  const exchanging = takesExchanges(client)
  const names = namesOn(client)
  /** Prepared, but their columns are not known. */
  const parsed = new Set<string>()
  const forgetName = (name: string): void => {
    ready.delete(name)
    parsed.delete(name)
  }

  const prepare = async ({ name, text, parameters }: NamedStatement): Promise<QueryResult> => {
    const types = isOwn(text) ? { types: ownTypes(client) } : {}
    const answer = await client.query({ name, text, values: [...parameters], ...types })
    if (exchanging) ready.set(name, columnsOf(types.types ?? client, answer.fields))
    return answer
  }

  return {
    freshName: names.freshName,
    nameOf: names.nameOf,
    together: ({ statements, columns }) => {
      if (!exchanging || statements.length > MOST_TOGETHER) return undefined
      const sent = encodedStatements(statements)
      if (sent === undefined) return undefined
      const fresh = new Set<string>()
      const batch = sent.map(({ text, values }): Prepared => {
        const name = names.nameOf(labelOf(text) ?? 'inline', text) ?? ''
        if (ready.has(name) || parsed.has(name) || fresh.has(name)) return { name, text, values }
        if (name !== '') fresh.add(name)
        return { name, text, values, isNew: true }
      })
      const retired = names.takeRetired()
      for (const old of retired) forgetName(old)
      return runPrepared(client, { statements: batch, retired, answered: 0 }, columns).then(
        (answer) => {
          for (const name of fresh) parsed.add(name)
          return answer
        },
        (error: unknown) => {
          if (fresh.size > 0)
            for (const { name, text } of batch) if (fresh.has(name)) names.withdraw(text)
          const reason = error as Error
          return Promise.reject(reason)
        },
      )
    },
    isReady: (name) => ready.has(name),
    run: (statement, before) => {
      const { name, text, parameters } = statement
      const columns = ready.get(name)
      const values = columns === undefined ? undefined : encodeParameters(parameters)
      const first = before && { ...before, values: [] }
      if (columns !== undefined && values !== undefined) {
        const retired = names.takeRetired()
        for (const old of retired) forgetName(old)
        const own = { name, text, values }
        const statements = first === undefined ? [own] : [first, own]
        return runPrepared(client, { statements, retired }, columns)
      }
      return first === undefined
        ? prepare(statement)
        : runPrepared(client, { statements: [first], retired: [] }, []).then(() =>
            prepare(statement),
          )
    },
  }
}

const BEGIN: NamedStatement = { name: 'reprise_begin', text: 'begin', parameters: [] }
const COMMIT: NamedStatement = { name: 'reprise_commit', text: 'commit', parameters: [] }

/** The answer to a statement that need not be sent. */
const answerUnsent = (command: string): Promise<Answer> =>
  Promise.resolve({ command, rowCount: null, rows: [] })

const isEnd = (statement: string): boolean => statement === COMMIT.text || statement === 'rollback'

/** As the driver does it, without preparing anything. */
const unprepared =
  (client: PoolClient): RunStatement =>
  (text, parameters) =>
    client.query({
      text,
      values: [...parameters],
      ...(isOwn(text) ? { types: ownTypes(client) } : {}),
    })

/** Each is parsed where it is sent, and nothing of it stays. */
const unpreparedTogether =
  (client: PoolClient): RunTogether =>
  ({ statements, columns }) => {
    const sent = takesExchanges(client) ? encodedStatements(statements) : undefined
    if (sent === undefined) return undefined
    const once = sent.map((one) => ({ ...one, name: '', isNew: true }))
    return runPrepared(client, { statements: once, retired: [], answered: 0 }, columns)
  }

/** How statements run on one connection. */
interface StatementRunner {
  readonly run: RunStatement
  readonly together: RunTogether
}

/** Hot statements are prepared. A transaction begins in the round trip of its first statement. */
const prepared = (client: PoolClient, cache: typeof statementCache): StatementRunner => {
  const statements = preparedStatements(client)
  const nameOf = cache(statements.freshName)
  const runUnprepared = unprepared(client)
  let beginning = false
  const run: RunStatement = (text, parameters) => {
    if (text === BEGIN.text && statements.isReady(BEGIN.name)) {
      beginning = true
      return answerUnsent('BEGIN')
    }
    const before = beginning ? BEGIN : undefined
    beginning = false
    if (before !== undefined && isEnd(text)) return answerUnsent(text.toUpperCase())
    if (text === BEGIN.text) return statements.run(BEGIN)
    if (text === COMMIT.text) return statements.run(COMMIT)
    const label = labelOf(text)
    const name = label === undefined ? nameOf(text, parameters) : statements.nameOf(label, text)
    if (name !== undefined) return statements.run({ name, text, parameters }, before)
    return before === undefined
      ? runUnprepared(text, parameters)
      : statements.run(BEGIN).then(() => runUnprepared(text, parameters))
  }
  return { run, together: statements.together }
}

/** How statements run on a connection of a pool. */
export const statementRunner = (
  client: PoolClient,
  preparing: PreparedStatementsMode,
): StatementRunner => {
  switch (preparing) {
    case 'prepared':
      return prepared(client, noStatementCache)
    case 'prepareAll':
      return prepared(client, statementCache)
    case 'unprepared':
      return { run: unprepared(client), together: unpreparedTogether(client) }
  }
}
