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
  return E.right(undefined)
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

const finish = async <Database>(
  transaction: ControlledTransaction<Database>,
  result: E.Either<AppendError, Appended>,
): Promise<E.Either<AppendError, Appended>> => {
  if (E.isLeft(result)) {
    await transaction.rollback().execute()
    return result
  }
  try {
    // After a failed statement COMMIT quietly rolls back; a projection may have hidden the failure.
    await transaction.executeQuery(CompiledQuery.raw('select 1'))
    await transaction.commit().execute()
    return result
  } catch (error) {
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
