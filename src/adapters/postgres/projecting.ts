import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery, type ControlledTransaction, type Kysely, type Transaction } from 'kysely'
import type { Appended, AppendRequest } from '../../core/append'
import { projectionFailed } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import type { EventStore } from '../../core/ports/event-store'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { StoredEvent } from '../../core/recorded-event'
import { toStoreFailed } from './errors'

const storedEvents = (
  { streamId, events }: AppendRequest,
  { version, positions, recordedAt }: Appended,
): ReadonlyArray<StoredEvent> =>
  events.map((event, index) => ({
    ...event,
    streamId,
    version: version - events.length + index + 1,
    position: positions[index] ?? 0,
    recordedAt,
  }))

const projectAll = async <Database>(
  projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
  transaction: Transaction<Database>,
  events: ReadonlyArray<StoredEvent>,
): Promise<E.Either<AppendError, void>> => {
  for (const { name, project } of projections) {
    try {
      const result = await project(events, transaction)()
      if (E.isLeft(result)) return E.left(projectionFailed(name, result.left))
    } catch (cause) {
      return E.left(projectionFailed(name, cause))
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
    return E.left(failed.reason === 'TransactionRefused' ? projectionFailed(names, cause) : failed)
  }
}

/** An append, and then the projections, in a transaction that somebody else commits or rolls back. */
export const projecting =
  <Database>(
    projections: ReadonlyArray<InlineProjection<Transaction<Database>>>,
    transaction: Transaction<Database>,
    append: EventStore['append'],
  ): EventStore['append'] =>
  (request) =>
    pipe(
      append(request),
      TE.flatMap((appended) =>
        pipe(
          () => projectAll(projections, transaction, storedEvents(request, appended)),
          TE.map(() => appended),
        ),
      ),
    )

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
    appendIn: (transaction: Transaction<Database>) => EventStore['append'],
  ): EventStore['append'] =>
  (request) =>
  async () => {
    try {
      const transaction = await db.startTransaction().execute()
      return await finish(transaction, await appendIn(transaction)(request)())
    } catch (error) {
      return E.left(toStoreFailed('connecting')(error))
    }
  }
