import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery, type Kysely, type QueryResult } from 'kysely'
import type { StoreFailed } from '../../../core/errors/store'
import { own } from './own-statements'
import { toStoreFailed, type WriteOutcome } from './errors'

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
const { query, queryId } = CompiledQuery.raw('')

const rowsOf = <Row>({ rows }: QueryResult<Row>): ReadonlyArray<Row> => rows

/** The rows that a statement answers. Rejects as the driver does. */
// No async function, and no raw query: every statement comes through here, and they take up kilobytes.
export const fetchRows = <Row>(
  db: Executor,
  statement: string,
  parameters: ReadonlyArray<unknown>,
): Promise<ReadonlyArray<Row>> => {
  try {
    const sql = own(statement)
    return db.executeQuery<Row>({ sql, parameters, query, queryId }).then(rowsOf)
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
