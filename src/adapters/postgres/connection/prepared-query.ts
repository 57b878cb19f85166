import type { BindConfig, Connection, PoolClient, Submittable } from 'pg'
import type { Answer } from './query'

/** A column of a statement's rows. */
export interface Column {
  readonly name: string
  readonly parse: (text: string) => unknown
}

type Values = NonNullable<BindConfig['values']>

/** A statement that the connection has prepared, with its values. */
export interface Prepared {
  readonly name: string
  /** For logs and tracing only: the server knows the statement by its name. */
  readonly text: string
  readonly values: Values
}

const SPECIAL = /["\\]/g

const arrayElement = (text: string): string =>
  text.includes('"') || text.includes('\\') ? `"${text.replace(SPECIAL, '\\$&')}"` : `"${text}"`

/** A list of texts, numbers and nulls as PostgreSQL reads an array; `undefined` if it holds anything else. */
const arrayLiteral = (values: ReadonlyArray<unknown>): string | undefined => {
  let literal = ''
  for (const value of values) {
    if (literal !== '') literal += ','
    if (typeof value === 'string') literal += arrayElement(value)
    else if (typeof value === 'number') literal += String(value)
    else if (value === null) literal += 'null'
    else return undefined
  }
  return `{${literal}}`
}

/** A parameter as PostgreSQL reads it; `undefined` for one that only the driver can write. */
const encoded = (value: unknown): string | null | undefined => {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return Array.isArray(value) ? arrayLiteral(value) : undefined
}

/** Parameters as PostgreSQL reads them; `undefined` when only the driver can write them. */
export const encodeParameters = (parameters: ReadonlyArray<unknown>): Values | undefined => {
  const values: Values = []
  for (const parameter of parameters) {
    const value = encoded(parameter)
    if (value === undefined) return undefined
    values.push(value)
  }
  return values
}

/** The part of `pg`'s query interface that prepared statements need. */
interface Exchange extends Submittable {
  readonly text: string
  callback: (error: Error | null, answer?: Answer) => void
  readonly handleDataRow: (message: { readonly fields: ReadonlyArray<string | null> }) => void
  readonly handleCommandComplete: (message: { readonly text: string }) => void
  readonly handleError: (error: Error) => void
  readonly handleReadyForQuery: () => void
}

const rowOf = (
  columns: ReadonlyArray<Column>,
  fields: ReadonlyArray<string | null>,
): Answer['rows'][number] => {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index]
    const text = fields[index]
    if (column === undefined || text === undefined) break
    row[column.name] = text === null ? null : column.parse(text)
  }
  return row
}

const ROWS = /\d+$/

/** Statements that the connection has prepared, and names of some that it need not keep. */
export interface Batch {
  readonly statements: ReadonlyArray<Prepared>
  readonly retired: ReadonlyArray<string>
}

/** The driver keeps the text of each name that it has prepared. */
const forget = (connection: Connection, name: string): void => {
  connection.close({ type: 'S', name }, true)
  if ('parsedStatements' in connection) {
    Reflect.deleteProperty(connection.parsedStatements as object, name)
  }
}

/**
 * Statements that the connection has prepared, all in one write; nothing is parsed or described again.
 *
 * @param columns - those of the last statement: only it may answer rows.
 */
const exchange = (
  { statements, retired }: Batch,
  columns: ReadonlyArray<Column>,
  callback: Exchange['callback'],
): Exchange => {
  const rows: Answer['rows'] = []
  let tag = ''
  let failed = false
  const self: Exchange = {
    text: statements.at(-1)?.text ?? '',
    callback, // the driver replaces it when queries have a timeout
    submit: (connection: Connection) => {
      connection.stream.cork()
      try {
        for (const name of retired) forget(connection, name)
        for (const { name, values } of statements) {
          connection.bind({ statement: name, values }, true)
          connection.execute(null, true)
        }
      } catch (error) {
        self.handleError(error as Error)
      }
      connection.sync()
      connection.stream.uncork()
    },
    handleDataRow: ({ fields }) => {
      if (failed) return
      try {
        rows.push(rowOf(columns, fields))
      } catch (error) {
        self.handleError(error as Error)
      }
    },
    handleCommandComplete: ({ text }) => {
      tag = text
    },
    handleError: (error) => {
      if (failed) return
      failed = true
      self.callback(error)
    },
    // Only now is it committed.
    handleReadyForQuery: () => {
      if (failed) return
      const [command = ''] = tag.split(' ', 1)
      self.callback(null, { command, rowCount: Number(ROWS.exec(tag)?.[0] ?? 0), rows })
    },
  }
  return self
}

/** Whether `client` exposes its connection: not the native client, and not one that pipelines. */
export const takesExchanges = (client: PoolClient): boolean =>
  'connection' in client && !('pipeline' in client && client.pipeline)

/** Runs prepared statements, one after another; the answer is the last one's. Rejects as `pg` does. */
export const runPrepared = (
  client: PoolClient,
  batch: Batch,
  columns: ReadonlyArray<Column>,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    client.query(
      exchange(batch, columns, (error, answer) => {
        if (answer !== undefined) resolve(answer)
        else if (error !== null) reject(error)
      }),
    )
  })
