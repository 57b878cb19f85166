import type { FieldDef, PoolClient, QueryResult } from 'pg'
import { fingerprint } from '../schema/names'
import type { Answer } from './kysely-pool'
import { type Column, encodeParameters, runPrepared, takesExchanges } from './prepared-query'

const PREFIX = '/*reprise:'

/** Puts a name before a statement. It depends on the text, so that no two texts share a name. */
export const named = (name: string, text: string): string =>
  `${PREFIX}${name}_${fingerprint(text).toString(16)}*/ ${text}`

/** The name that one of our own statements is prepared under; `undefined` for any other statement. */
export const preparedName = (text: string): string | undefined =>
  text.startsWith(PREFIX) ? `reprise_${text.slice(PREFIX.length, text.indexOf('*/'))}` : undefined

/** A statement that is prepared under a name, with its parameters. */
export interface NamedStatement {
  readonly name: string
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/** The statements that one connection prepares once, and then only runs. */
export interface PreparedStatements {
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

const columnsOf = (client: PoolClient, fields: ReadonlyArray<FieldDef>): ReadonlyArray<Column> =>
  fields.map(({ name, dataTypeID }) => ({
    name,
    parse: parserOf(client, dataTypeID),
  }))

/**
 * The first time, the driver prepares a statement and reports its columns. From then on they are known: they are
 * neither asked for nor sent again.
 */
export const preparedStatements = (client: PoolClient): PreparedStatements => {
  const ready = new Map<string, ReadonlyArray<Column>>()
  const exchanging = takesExchanges(client)

  const prepare = async ({ name, text, parameters }: NamedStatement): Promise<QueryResult> => {
    const answer = await client.query({ name, text, values: [...parameters] })
    if (exchanging) ready.set(name, columnsOf(client, answer.fields))
    return answer
  }

  return {
    isReady: (name) => ready.has(name),
    run: async (statement, before) => {
      const { name, text } = statement
      const columns = ready.get(name)
      const values = columns === undefined ? undefined : encodeParameters(statement.parameters)
      const first = before === undefined ? [] : [{ ...before, values: [] }]
      if (columns !== undefined && values !== undefined) {
        return runPrepared(client, [...first, { name, text, values }], columns)
      }
      if (first.length > 0) await runPrepared(client, first, [])
      return prepare(statement)
    },
  }
}
