import * as E from 'fp-ts/Either'
import { CompiledQuery, type ControlledTransaction, type Kysely, type Transaction } from 'kysely'
import type { Appended } from '../../core/append'
import { projectionFailed } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import type { JsonObject } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { StoredEvent } from '../../core/recorded-event'
import type { AppendPrepared } from './append'
import { lostAgainstAnother, toStoreFailed } from './errors'
import type { PreparedAppend } from './prepared-append'

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

const projectAll = async <Database>(
  projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
  transaction: Transaction<Database>,
  events: ReadonlyArray<StoredEvent>,
): Promise<E.Either<AppendError, void>> => {
  for (const { name, project } of projections) {
    try {
      const result = await project(events, transaction)()
      if (E.isLeft(result)) return E.left(refusal(name, result.left))
    } catch (cause) {
      return E.left(refusal(name, cause))
    }
  }
  return projections.length === 0 ? E.right(undefined) : stillAlive(projections, transaction)
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
    const failed = toStoreFailed('reading')(cause)
    const names = projections.map(({ name }) => name).join(', ')
    return E.left(failed.reason === 'TransactionAborted' ? projectionFailed(names, cause) : failed)
  }
}

/** An append, and then the projections, in a transaction that is rolled back if this fails. */
const appendThenProject =
  <Database>(
    projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
    transaction: Transaction<Database>,
    append: AppendPrepared,
  ): AppendPrepared =>
  async (prepared) => {
    const answer = await append(prepared)
    if (E.isLeft(answer)) return answer
    const projected = await projectAll(
      projections,
      transaction,
      storedEvents(prepared, answer.right),
    )
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
      const answer = await appendThenProject(projections, transaction, append)(prepared)
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
  transaction: ControlledTransaction<Database>,
  result: E.Either<AppendError, Appended>,
): Promise<E.Either<AppendError, Appended>> => {
  if (E.isLeft(result)) {
    await undo(transaction)
    return result
  }
  try {
    await transaction.commit().execute()
    return result
  } catch (error) {
    await undo(transaction)
    return E.left(toStoreFailed('appending')(error))
  }
}

/** An append and its projections in a transaction of their own: all of it is stored, or nothing. */
export const appendAndProject =
  <Database>(
    db: Kysely<Database>,
    projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
    appendIn: (transaction: Transaction<Database>) => AppendPrepared,
  ): AppendPrepared =>
  async (prepared) => {
    try {
      const transaction = await db.startTransaction().execute()
      const append = appendThenProject(projections, transaction, appendIn(transaction))
      return await finish(transaction, await append(prepared))
    } catch (error) {
      return E.left(toStoreFailed('connecting')(error))
    }
  }
