import type { BindConfig, Connection, PoolClient, Submittable } from 'pg'
import { arrayLiteral } from './array-literal'

/** What a statement has answered. */
export interface Answer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: Record<string, unknown>[]
}

/** A column of a statement's rows. */
export interface Column {
  readonly name: string
  readonly parse: (text: string) => unknown
}

type Values = NonNullable<BindConfig['values']>

/** A statement that the connection has prepared, with its values. */
export interface Prepared {
  readonly name: string
  /** For those who watch what is sent: the server knows the statement by its name. */
  readonly text: string
  readonly values: Values
}

/** A parameter as PostgreSQL reads it; `undefined` for one that only the driver can write. */
const written = (value: unknown): string | null | undefined => {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return Array.isArray(value) ? arrayLiteral(value) : undefined
}

/** Parameters as PostgreSQL reads them; `undefined` when only the driver can write them. */
export const allWritten = (parameters: ReadonlyArray<unknown>): Values | undefined => {
  const values: Values = []
  for (const parameter of parameters) {
    const value = written(parameter)
    if (value === undefined) return undefined
    values.push(value)
  }
  return values
}

/** What `pg` asks of a query that it did not make itself, as far as prepared statements meet it. */
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

/**
 * Statements that the connection has prepared, all in one write; nothing is parsed or described again.
 *
 * @param columns - those of the last statement: only it may answer rows.
 */
const exchange = (
  statements: ReadonlyArray<Prepared>,
  columns: ReadonlyArray<Column>,
  callback: Exchange['callback'],
): Exchange => {
  const rows: Answer['rows'] = []
  let tag = ''
  let failed = false
  const self: Exchange = {
    text: statements.at(-1)?.text ?? '',
    callback, // the driver puts another one in its place where queries may time out
    submit: (connection: Connection) => {
      connection.stream.cork()
      try {
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

/** Whether `client` lets us speak to its connection: not the native one, and not while it pipelines. */
export const takesExchanges = (client: PoolClient): boolean =>
  'connection' in client && !('pipeline' in client && client.pipeline)

/** Runs prepared statements, one after another; the answer is the last one's. Rejects as `pg` does. */
export const runPrepared = (
  client: PoolClient,
  statements: ReadonlyArray<Prepared>,
  columns: ReadonlyArray<Column>,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    client.query(
      exchange(statements, columns, (error, answer) => {
        if (answer !== undefined) resolve(answer)
        else if (error !== null) reject(error)
      }),
    )
  })
