import type { FieldDef, PoolClient, QueryResult } from 'pg'
import type { Answer } from './kysely-pool'
import { type Column, encodeParameters, runPrepared, takesExchanges } from './prepared-query'
import { isOwn, ownTypes } from './own-statements'
import { type StatementNames, statementNames } from './statement-names'

/** A statement that is prepared under a name, with its parameters. */
export interface NamedStatement {
  readonly name: string
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/** The statements that one connection prepares once, and then only runs. */
export interface PreparedStatements {
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
const known = new WeakMap<PoolClient, StatementNames>()
const namesOn = (client: PoolClient): StatementNames => {
  const names = known.get(client) ?? statementNames()
  known.set(client, names)
  return names
}

/**
 * The first time, the driver prepares a statement and reports its columns. From then on they are known: they are
 * neither requested nor sent again.
 */
export const preparedStatements = (client: PoolClient): PreparedStatements => {
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
