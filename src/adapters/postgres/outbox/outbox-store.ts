import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import type { FailureNote } from '../../../core/errors/subscription'
import type { Json } from '../../../core/json'
import type { Metadata } from '../../../core/metadata'
import type {
  Due,
  DueRequest,
  RequestCounts,
  RequestStore,
  RequestWrites,
  WaitingRequest,
} from '../../../core/ports/request-store'
import { type RequestStatements, requestStatements } from './request-statements'
import { rowsOf } from '../connection/query'
import { DEFAULT_SCHEMA } from '../schema/names'
import type { PostgresReadOptions } from '../subscriptions/subscription-store'
import type { Executor } from '../connection/executor'

interface RequestRow {
  readonly process: string
  readonly key: string
  readonly id: string
  readonly command: Json
  readonly metadata: Metadata
  readonly attempts: number
  readonly timer: string | null
  readonly parked: boolean
  readonly failure: FailureNote | null
}

const toDue = ({ process, key, id, command, metadata, attempts }: RequestRow): DueRequest => ({
  process,
  key,
  id,
  command,
  metadata,
  attempts,
})

const toWaiting = (row: RequestRow): WaitingRequest => ({
  ...toDue(row),
  timer: row.timer ?? undefined,
  parked: row.parked,
  failure: row.failure ?? undefined,
})

/** Timer, delay and time. */
const dueParameters = (due: Due): ReadonlyArray<unknown> => {
  switch (due._tag) {
    case 'Now':
      return [null, 0, null]
    case 'After':
      return [due.timer, due.delay, null]
    case 'At':
      return [due.timer, null, due.time]
  }
}

const writesOn = (db: Executor, statements: RequestStatements): RequestWrites => {
  const run = (statement: string, parameters: ReadonlyArray<unknown>) =>
    pipe(
      rowsOf(db, statement, parameters, 'appending'),
      TE.map(() => undefined),
    )
  return {
    add: ({ process, key, id, command, metadata }, due) =>
      run(statements.add, [
        process,
        key,
        id,
        JSON.stringify(command),
        JSON.stringify(metadata),
        ...dueParameters(due),
      ]),
    cancel: (process, key, timer) => run(statements.cancel, [process, key, timer]),
    cancelAll: (process, key) => run(statements.cancelAll, [process, key]),
    done: (process, ids) =>
      ids.length === 0 ? TE.right(undefined) : run(statements.done, [process, ids]),
    failed: ({ process, id, attempts, failure, retryAfter }) =>
      run(statements.failed, [
        process,
        id,
        attempts,
        JSON.stringify(failure),
        retryAfter === undefined ? null : Math.ceil(retryAfter),
      ]),
    rejected: (process, number) => run(statements.rejected, [process, number]),
  }
}

/**
 * What process managers have asked for, in PostgreSQL.
 *
 * @example
 * const requests = postgresRequests(db)
 */
export const postgresRequests = <Database>(
  db: Kysely<Database>,
  { schema = DEFAULT_SCHEMA }: PostgresReadOptions = {},
): RequestStore<Transaction<Database>> => {
  const statements = requestStatements(schema)
  const plain: Executor = db.withoutPlugins()
  return {
    inTransaction: (transaction) => writesOn(transaction.withoutPlugins(), statements),
    due: (process, limit) =>
      pipe(
        rowsOf<RequestRow>(plain, statements.due, [process, limit]),
        TE.map((rows) => rows.map(toDue)),
      ),
    retryUndecodable: (process) =>
      pipe(
        rowsOf(plain, statements.retryUndecodable, [process]),
        TE.map(() => undefined),
      ),
    counts: (process) =>
      pipe(
        rowsOf<RequestCounts>(plain, statements.counts, [process]),
        TE.map(([row]) => row ?? { waiting: 0, parked: 0, rejected: 0 }),
      ),
    waiting: (process) =>
      pipe(
        rowsOf<RequestRow>(plain, statements.waiting, [process]),
        TE.map((rows) => rows.map(toWaiting)),
      ),
    decide: (process, id, decision) =>
      pipe(
        rowsOf(plain, decision === 'retry' ? statements.retry : statements.skip, [process, id]),
        TE.map((rows) => rows.length > 0),
      ),
  }
}
