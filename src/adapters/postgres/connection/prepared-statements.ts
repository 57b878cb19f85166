import type { FieldDef, PoolClient, QueryResult } from 'pg'
import { type Column, encodeParameters, runPrepared, takesExchanges } from './prepared-query'
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

/** How many of our statements a connection keeps prepared. One schema has about 35. */
const MOST_PREPARED = 100

/** How often another statement must come before it takes the place of one that is prepared. */
const WORTH_A_PLACE = 5

/** How many texts are counted for that. */
const MOST_COUNTED = 1_000

/** Under which names one connection has prepared statements, text by text. */
interface StatementNames {
  /** The name to prepare a statement under, or to run it by; `undefined`: it is not worth a place. */
  readonly nameOf: (label: string, text: string) => string | undefined
  /** A new name, never used before. */
  readonly freshName: (label: string) => string
  /** Names that were evicted since the last call: the server should deallocate them. */
  readonly takeRetired: () => ReadonlyArray<string>
}

/**
 * A name belongs to one text of one connection, and is never given again: not to another text, nor by another
 * connection, which a pooler may lead to the same server process. The number of names is bounded: what was not used
 * for longest goes first, once another text has missed several times.
 */
export const statementNames = (most: number = MOST_PREPARED): StatementNames => {
  const connection = crypto.randomUUID().replaceAll('-', '').slice(0, 16)
  const names = new Map<string, string>() // least recently used first, once there are so many that it matters
  const misses = new Map<string, number>()
  let retired: string[] = []
  let given = 0

  const isWorthAPlace = (text: string): boolean => {
    const times = (misses.get(text) ?? 0) + 1
    if (times >= WORTH_A_PLACE) {
      misses.delete(text)
      return true
    }
    if (misses.size >= MOST_COUNTED) misses.clear()
    misses.set(text, times)
    return false
  }

  const freshName = (label: string): string => {
    given += 1
    return `reprise_${label}_${connection}_${given}`
  }

  return {
    freshName,
    nameOf: (label, text) => {
      const known = names.get(text)
      if (known !== undefined) {
        if (names.size >= most) {
          names.delete(text)
          names.set(text, known)
        }
        return known
      }
      if (names.size >= most) {
        if (!isWorthAPlace(text)) return undefined
        const [oldest] = names
        if (oldest !== undefined) {
          names.delete(oldest[0])
          retired.push(oldest[1])
        }
      }
      const name = freshName(label)
      names.set(text, name)
      return name
    },
    takeRetired: () => {
      const taken = retired
      if (taken.length > 0) retired = []
      return taken
    },
  }
}

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

  const prepare = async ({ name, text, parameters }: NamedStatement): Promise<QueryResult> => {
    const types = isOwn(text) ? { types: ownTypes(client) } : {}
    const answer = await client.query({ name, text, values: [...parameters], ...types })
    if (exchanging) ready.set(name, columnsOf(types.types ?? client, answer.fields))
    return answer
  }

  return {
    freshName: names.freshName,
    nameOf: names.nameOf,
    isReady: (name) => ready.has(name),
    run: (statement, before) => {
      const { name, text, parameters } = statement
      const columns = ready.get(name)
      const values = columns === undefined ? undefined : encodeParameters(parameters)
      const first = before && { ...before, values: [] }
      if (columns !== undefined && values !== undefined) {
        const retired = names.takeRetired()
        for (const old of retired) ready.delete(old)
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

/** Hot statements are prepared. A transaction begins in the round trip of its first statement. */
const prepared = (client: PoolClient, cache: typeof statementCache): RunStatement => {
  const statements = preparedStatements(client)
  const nameOf = cache(statements.freshName)
  const runUnprepared = unprepared(client)
  let beginning = false
  return (text, parameters) => {
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
}

/** How statements run on a connection of a pool. */
export const statementRunner = (
  client: PoolClient,
  preparing: PreparedStatementsMode,
): RunStatement => {
  switch (preparing) {
    case 'prepared':
      return prepared(client, noStatementCache)
    case 'prepareAll':
      return prepared(client, statementCache)
    case 'unprepared':
      return unprepared(client)
  }
}
