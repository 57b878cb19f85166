import * as E from 'fp-ts/Either'
import { CompiledQuery, type ControlledTransaction, type Kysely, type Transaction } from 'kysely'
import type { Appended } from '../../../core/append'
import { projectionFailed } from '../../../core/errors/store'
import type { AppendError } from '../../../core/errors/unions'
import type { JsonObject } from '../../../core/json'
import type { Metadata } from '../../../core/metadata'
import type { InlineProjection } from '../../../core/ports/inline-projection'
import type { StoredEvent } from '../../../core/recorded-event'
import { type AppendPrepared, isOvertaken } from './append'
import type { AppendAnswer } from './append-answer'
import { tellsRollback } from '../connection/pool'
import { type Doing, lostAgainstAnother, toStoreFailed } from '../connection/errors'
import type { PreparedAppend } from './encoded-append'
import { lostRace } from './optimistic-append'

/** The events of an append as they are stored now: read from what was written, not from the caller. */
const storedEvents = (
  { streamId, events }: PreparedAppend,
  { version, positions, recordedAt }: Appended,
): ReadonlyArray<StoredEvent> => {
  const first = version - events.length + 1
  return events.map(({ id, type, schemaVersion, data, metadata }, index) => ({
    id,
    type,
    schemaVersion,
    data: parse<JsonObject>(data),
    metadata: parse<Metadata>(metadata),
    streamId,
    version: first + index,
    position: positions[index] ?? 0,
    recordedAt,
  }))
}

// Only ever given what JSON.stringify has made of the same type.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- see above
const parse = <Value>(text: string): Value => JSON.parse(text) as Value

/** A projection's failure; one that lost against another transaction is worth another try. */
const refusal = (name: string, cause: unknown): AppendError =>
  lostAgainstAnother(cause) ? toStoreFailed('reading')(cause) : projectionFailed(name, cause)

/** Whether a projection may have hidden that a statement of its has failed, and who notices. */
type Doubt =
  /** Another statement is sent to find out. */
  | 'ask'
  /** COMMIT will fail: see {@link tellsRollback}. */
  | 'commit tells'

/** A failure that shows, or does not show, that a projection has hidden one. */
const hidden = <Database>(
  projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
  doing: Doing,
  cause: unknown,
): AppendError => {
  const failed = toStoreFailed(doing)(cause)
  const names = projections.map(({ name }) => name).join(', ')
  return failed.reason === 'TransactionAborted' ? projectionFailed(names, cause) : failed
}

const projectAll = async <Database>(
  projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
  transaction: Transaction<Database>,
  events: ReadonlyArray<StoredEvent>,
  doubt: Doubt,
): Promise<E.Either<AppendError, void>> => {
  for (const { name, project } of projections) {
    try {
      const result = await project(events, transaction)()
      if (E.isLeft(result)) return E.left(refusal(name, result.left))
    } catch (cause) {
      return E.left(refusal(name, cause))
    }
  }
  return projections.length === 0 || doubt === 'commit tells'
    ? E.right(undefined)
    : stillAlive(projections, transaction)
}

/**
 * After a failed statement COMMIT quietly rolls back. A projection that has hidden such a failure must
 * not end in a success that stores nothing.
 */
const stillAlive = async <Database>(
  projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
  transaction: Transaction<Database>,
): Promise<E.Either<AppendError, void>> => {
  try {
    await transaction.executeQuery(CompiledQuery.raw('select 1'))
    return E.right(undefined)
  } catch (cause) {
    return E.left(hidden(projections, 'reading', cause))
  }
}

/** An append, and then the projections, in a transaction that is rolled back if this fails. */
const appendThenProject =
  <Database>(
    projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
    transaction: Transaction<Database>,
    append: AppendPrepared,
    doubt: Doubt,
  ): AppendPrepared =>
  async (prepared) => {
    const answer = await append(prepared)
    if (E.isLeft(answer)) return answer
    const stored = storedEvents(prepared, answer.right)
    const projected = await projectAll(projections, transaction, stored, doubt)
    return E.isLeft(projected) ? projected : answer
  }

const SAVEPOINT = 'reprise_projections'

/**
 * An append and its projections inside the caller's transaction. If a projection fails, the append is
 * undone with it, and the transaction goes on as it was.
 */
export const projecting =
  <Database>(
    projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
    transaction: Transaction<Database>,
    append: AppendPrepared,
  ): AppendPrepared =>
  async (prepared) => {
    if (projections.length === 0) return append(prepared)
    const say = (statement: string) => transaction.executeQuery(CompiledQuery.raw(statement))
    try {
      await say(`savepoint ${SAVEPOINT}`)
      const answer = await appendThenProject(projections, transaction, append, 'ask')(prepared)
      if (E.isLeft(answer)) await say(`rollback to savepoint ${SAVEPOINT}`)
      await say(`release savepoint ${SAVEPOINT}`)
      return answer
    } catch (error) {
      return E.left(toStoreFailed('connecting')(error))
    }
  }

/** Gives the connection back. What failed before is told, whatever becomes of the rollback. */
const undo = async <Database>(transaction: ControlledTransaction<Database>): Promise<void> => {
  try {
    await transaction.rollback().execute()
  } catch {
    // The connection is gone, and with it the transaction.
  }
}

const finish = async <Database>(
  projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
  transaction: ControlledTransaction<Database>,
  result: AppendAnswer,
): Promise<AppendAnswer> => {
  if (E.isLeft(result)) {
    await undo(transaction)
    return result
  }
  try {
    await transaction.commit().execute()
    return result
  } catch (error) {
    await undo(transaction)
    return E.left(hidden(projections, 'appending', error))
  }
}

/** The two ways to append in a transaction of our own. */
export interface Ways<Database> {
  readonly swiftly: (transaction: Transaction<Database>) => AppendPrepared
  readonly carefully: (transaction: Transaction<Database>) => AppendPrepared
}

/** The swift way was overtaken, and has left the transaction unusable, or its answer out of date. */
const mustAskAgain = (answer: AppendAnswer): boolean =>
  isOvertaken(answer) ||
  (E.isLeft(answer) && answer.left._tag === 'StoreFailed' && lostRace(answer.left.cause))

/** An append and its projections in a transaction of their own: all of it is stored, or nothing. */
export const appendAndProject = <Database>(
  db: Kysely<Database>,
  projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
  { swiftly, carefully }: Ways<Database>,
): AppendPrepared => {
  const doubt: Doubt = tellsRollback(db) ? 'commit tells' : 'ask'
  const inTransaction = async (prepared: PreparedAppend, way: Ways<Database>['swiftly']) => {
    try {
      const transaction = await db.startTransaction().execute()
      const append = appendThenProject(projections, transaction, way(transaction), doubt)
      return await finish(projections, transaction, await append(prepared))
    } catch (error) {
      return E.left(toStoreFailed('connecting')(error))
    }
  }
  return async (prepared) => {
    const answer = await inTransaction(prepared, swiftly)
    return mustAskAgain(answer) ? inTransaction(prepared, carefully) : answer
  }
}
