import type { Connection, PoolClient, Submittable } from 'pg'
import type { Answer } from './query'

/** A column of a statement's rows. */
export interface Column {
  readonly name: string
  readonly parse: (text: string) => unknown
}

/** Parameters as the server reads them. */
type Values = ReadonlyArray<string | null>

/** A statement with its values. */
export interface Prepared {
  /** Under which the connection has prepared it; empty: it is prepared for this once. */
  readonly name: string
  /** For logs and tracing only, unless it `isNew`: the server knows the statement by its name. */
  readonly text: string
  readonly values: Values
  /** Whether the connection is to prepare it before. */
  readonly isNew?: boolean
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
  const values: Array<string | null> = []
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
  /** A text without a statement, beside comments. */
  readonly handleEmptyQuery: () => void
  /** Of COPY, which has no place here. */
  readonly handleCopyInResponse: (connection: Connection) => void
  readonly handleCopyData: () => void
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

/** Statements that run one after another, and names of some that the connection need not keep. */
export interface Batch {
  readonly statements: ReadonlyArray<Prepared>
  readonly retired: ReadonlyArray<string>
  /** Which of them the answer is of, counted from 0. Omitted: the last. */
  readonly answered?: number
}

/** The driver keeps the text of each name that it has prepared. */
const forget = (connection: Connection, name: string): void => {
  connection.close({ type: 'S', name }, true)
  if ('parsedStatements' in connection) {
    Reflect.deleteProperty(connection.parsedStatements as object, name)
  }
}

/** It keeps no text of a name that it has not prepared itself: it is told of those. */
const remember = (connection: Connection, { name, text }: Prepared): void => {
  if ('parsedStatements' in connection) {
    Reflect.set(connection.parsedStatements as object, name, text)
  }
}

const [PARSE, BIND, EXECUTE, SYNC] = [0x50, 0x42, 0x45, 0x53]

/** Of a Parse without its texts, a Bind without its name and its values, an Execute, a Sync. In bytes. */
const [PARSE_SIZE, BIND_SIZE, EXECUTE_SIZE, SYNC_SIZE] = [9, 13, 10, 5]

/** No value, where its length stands. */
const NULL = -1

/** How many bytes the Parse of a statement takes. */
const parseSize = ({ name, text, isNew }: Prepared): number =>
  isNew === true ? PARSE_SIZE + Buffer.byteLength(name) + Buffer.byteLength(text) : 0

/** Writes the Parse of a statement, and answers where it ends. */
const writeParse = (bytes: Buffer, start: number, statement: Prepared): number => {
  let at = bytes.writeUInt8(PARSE, start)
  at = bytes.writeInt32BE(parseSize(statement) - 1, at)
  at += bytes.write(statement.name, at)
  at = bytes.writeUInt8(0, at)
  at += bytes.write(statement.text, at)
  at = bytes.writeUInt8(0, at)
  return bytes.writeInt16BE(0, at) // the server finds out the types of the parameters
}

/**
 * Parse of what is new, Bind and Execute of each statement, and one Sync: with texts for all values and all columns. In one piece, which takes
 * the process less time to write than three for each statement, as the driver makes them. Throws a RangeError if it is too
 * much for a buffer. Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
const messagesOf = (statements: ReadonlyArray<Prepared>): Buffer => {
  const bindSizes = statements.map(({ name, values }) => {
    let size = BIND_SIZE + Buffer.byteLength(name)
    for (const value of values) size += 4 + (value === null ? 0 : Buffer.byteLength(value))
    return size
  })
  let total = SYNC_SIZE
  for (const [index, statement] of statements.entries()) {
    total += parseSize(statement) + (bindSizes[index] ?? 0) + EXECUTE_SIZE
  }
  const bytes = Buffer.allocUnsafe(total)
  let at = 0
  for (const [index, statement] of statements.entries()) {
    const { name, values, isNew } = statement
    if (isNew === true) at = writeParse(bytes, at, statement)
    at = bytes.writeUInt8(BIND, at)
    at = bytes.writeInt32BE((bindSizes[index] ?? 0) - 1, at)
    at = bytes.writeUInt8(0, at) // the portal without a name
    at += bytes.write(name, at)
    at = bytes.writeUInt8(0, at)
    at = bytes.writeInt16BE(0, at) // no formats: all values are texts
    at = bytes.writeUInt16BE(values.length, at)
    for (const value of values) {
      const size = value === null ? NULL : bytes.write(value, at + 4)
      bytes.writeInt32BE(size, at)
      at += 4 + Math.max(size, 0)
    }
    at = bytes.writeInt16BE(0, at) // no formats: all columns are texts
    at = bytes.writeUInt8(EXECUTE, at)
    at = bytes.writeInt32BE(EXECUTE_SIZE - 1, at)
    at = bytes.writeUInt8(0, at) // that portal
    at = bytes.writeInt32BE(0, at) // all rows
  }
  at = bytes.writeUInt8(SYNC, at)
  bytes.writeInt32BE(SYNC_SIZE - 1, at)
  return bytes
}

/** Which statement of a batch has failed, counted from 0. As many as there are: all were run, and not committed. */
const failedAt = new WeakMap<Error, number>()

/** Which statement of a batch an error has come from; `undefined`: none of them, the connection itself has failed. */
export const failedStatement = (error: unknown): number | undefined =>
  error instanceof Error ? failedAt.get(error) : undefined

/**
 * Statements, all in one write; what the connection has prepared is not parsed or described again.
 *
 * @param answered - the one whose answer it is, counted from 0. The rows of others are dropped.
 * @param columns - its columns.
 */
const exchange = (
  { statements, retired, answered = statements.length - 1 }: Batch,
  columns: ReadonlyArray<Column>,
  callback: Exchange['callback'],
): Exchange => {
  const rows: Answer['rows'] = []
  let tag = ''
  let done = 0
  let failed = false
  let remembering: Connection | undefined
  const self: Exchange = {
    text: statements.at(-1)?.text ?? '',
    callback, // the driver replaces it when queries have a timeout
    submit: (connection: Connection) => {
      for (const name of retired) forget(connection, name)
      remembering = connection
      try {
        const messages = messagesOf(statements)
        if (connection.stream.writable) connection.stream.write(messages)
      } catch (error) {
        self.handleError(error as Error)
        connection.sync()
      }
    },
    handleDataRow: ({ fields }) => {
      if (failed || done !== answered) return
      try {
        rows.push(rowOf(columns, fields))
      } catch (error) {
        self.handleError(error as Error)
      }
    },
    handleCommandComplete: ({ text }) => {
      if (done === answered) tag = text
      done += 1
    },
    handleEmptyQuery: () => {
      done += 1
    },
    // The server waits for rows, and has read the Sync as one of them: nothing but another connection helps.
    handleCopyInResponse: ({ stream }) => {
      stream.destroy(new Error('COPY cannot be run among prepared statements'))
    },
    handleCopyData: () => undefined,
    handleError: (error) => {
      if (failed) return
      failed = true
      failedAt.set(error, done)
      self.callback(error)
    },
    // Only now is it committed.
    handleReadyForQuery: () => {
      if (failed) return
      for (const one of statements) {
        if (one.isNew === true && one.name !== '' && remembering !== undefined) {
          remember(remembering, one)
        }
      }
      const [command = ''] = tag.split(' ', 1)
      self.callback(null, { command, rowCount: Number(ROWS.exec(tag)?.[0] ?? 0), rows })
    },
  }
  return self
}

/** Whether `client` exposes its connection: not the native client, and not one that pipelines. */
export const takesExchanges = (client: PoolClient): boolean =>
  'connection' in client && !('pipeline' in client && client.pipeline)

/**
 * Runs prepared statements, one after another. Without a BEGIN among them they are one transaction, which is committed
 * before they are answered. Rejects as `pg` does; see {@link failedStatement}.
 */
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
