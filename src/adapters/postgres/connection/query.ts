import * as TE from 'fp-ts/TaskEither'
import {
  type CompiledQuery,
  Kysely,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
  type QueryResult,
  type RawNode,
} from 'kysely'
import type { CustomTypesConfig } from 'pg'
import type { StoreFailed } from '../../../core/errors/store'
import { toStoreFailed, type WriteOutcome } from './errors'

// Statements of the library begin with a comment, by which they are known on the connection.
const MARK = '/*reprise'
const PREFIX = `${MARK}:`

/** Puts a label before a statement: it is one of ours, and worth being prepared. */
export const named = (label: string, text: string): string => `${PREFIX}${label}*/ ${text}`

/** The label of one of our own statements; `undefined` for any other statement. */
export const labelOf = (text: string): string | undefined =>
  text.startsWith(PREFIX) ? text.slice(PREFIX.length, text.indexOf('*/')) : undefined

export const isOwn = (text: string): boolean => text.startsWith(MARK)

/** One of our statements, with or without a label. */
export const own = (text: string): string => (isOwn(text) ? text : `${MARK}*/ ${text}`)

/** Most events have no metadata. */
const parseJson = (value: string): unknown => (value === '{}' ? {} : JSON.parse(value))
const parsers: Readonly<Record<number, (value: string) => unknown>> = {
  16: (value) => value === 't', // boolean
  21: Number, // smallint
  23: Number, // integer
  114: parseJson, // json
  701: Number, // double precision
  3802: parseJson, // jsonb
}

/** How a driver finds the parser of a type. */
interface Parsing {
  readonly getTypeParser: (type: number, format: 'text') => (value: string) => unknown
}

/**
 * How the columns of our own statements are parsed, whatever the application has set for its own: a pool, or the
 * driver, may answer big integers for numbers, and texts for JSON. Types that none of our statements answers are left
 * to the driver.
 */
export const ownTypes = (driver: Parsing): CustomTypesConfig => ({
  getTypeParser: (type: number) => parsers[type] ?? driver.getTypeParser(type, 'text'),
})

/** How the columns of our own statements are parsed by their types' numbers. */
export const ownParsers: Readonly<Record<number, (value: string) => unknown>> = parsers

/** What a server has answered to a statement. */
export interface Answer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: Record<string, unknown>[]
}

/** Runs a statement on one connection, after those before it. Rejects as the driver does. */
export type RunStatement = (text: string, parameters: ReadonlyArray<unknown>) => Promise<Answer>

/** A connection as Kysely wants it. */
export const poolClient = (run: RunStatement, release: () => void): PostgresPoolClient => {
  function query<Row>(
    statement: string,
    parameters: ReadonlyArray<unknown>,
  ): Promise<PostgresQueryResult<Row>>
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query(
    statement: string | PostgresCursor<unknown>,
    parameters: ReadonlyArray<unknown> = [],
  ): unknown {
    return typeof statement === 'string' ? run(statement, parameters) : statement
  }
  return { query, release }
}

/** A Kysely over `pool`. Its `destroy` ends the pool, once. */
export const kyselyOn = <Database>(pool: PostgresPool): Kysely<Database> => {
  let ending: Promise<void> | undefined
  const endOnce = (): Promise<void> => (ending ??= pool.end())
  const connect = () => pool.connect()
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: { connect, end: endOnce } }),
  })
  // Kysely's own ends nothing before its first statement, and statements of the library go past it.
  const destroy = db.destroy.bind(db)
  return Object.assign(db, { destroy: () => destroy().then(endOnce) })
}

/** Runs a statement: the caller's Kysely, or one of their transactions. */
export interface Executor {
  readonly executeQuery: <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>
}

/**
 * The caller's Kysely, or transaction, without the caller's plugins (another naming of columns, say), which must not
 * touch our tables.
 */
export const withoutPlugins = <Database>(db: Kysely<Database>): Executor =>
  db.getExecutor().plugins.length === 0 ? db : db.withoutPlugins()

/** What commits a write: its own statement, or later the transaction around it. */
export type TransactionScope = 'statement' | 'transaction'

/** What may have become of a write of this scope when its answer is lost. */
export const outcomeIn = (scope: TransactionScope): WriteOutcome =>
  scope === 'statement' ? 'mayHaveCommitted' : 'uncommitted'

/** What Kysely keeps of a raw statement beside its text and parameters: without plugins nothing looks at it. */
const query: RawNode = { kind: 'RawNode', sqlFragments: [''], parameters: [] }
const queryId = { queryId: 'reprise' }

/** A statement as Kysely has it after compiling. */
export const compiled = <Row>(
  sql: string,
  parameters: ReadonlyArray<unknown> = [],
): CompiledQuery<Row> => ({ sql, parameters, query, queryId })

const rowsOf = <Row>({ rows }: QueryResult<Row>): ReadonlyArray<Row> => rows

/** The rows that a statement answers. Rejects as the driver does. */
// No async function, and no raw query: every statement comes through here, and they take up kilobytes.
export const fetchRows = <Row>(
  db: Executor,
  statement: string,
  parameters: ReadonlyArray<unknown>,
): Promise<ReadonlyArray<Row>> => {
  try {
    return db.executeQuery(compiled<Row>(own(statement), parameters)).then(rowsOf)
  } catch (error) {
    const reason = error as Error
    return Promise.reject(reason)
  }
}

/** The rows of a statement that writes nothing. */
export const readRows = <Row>(
  db: Executor,
  statement: string,
  parameters: ReadonlyArray<unknown>,
): TE.TaskEither<StoreFailed, ReadonlyArray<Row>> =>
  TE.tryCatch(() => fetchRows<Row>(db, statement, parameters), toStoreFailed('none'))

/** The rows of a statement that writes. If its answer is lost, the failure says what is known of the write. */
export const writeRows = <Row>(
  db: Executor,
  scope: TransactionScope,
  statement: string,
  parameters: ReadonlyArray<unknown>,
): TE.TaskEither<StoreFailed, ReadonlyArray<Row>> =>
  TE.tryCatch(() => fetchRows<Row>(db, statement, parameters), toStoreFailed(outcomeIn(scope)))
