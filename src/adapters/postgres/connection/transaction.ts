import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { CompiledQuery, type Kysely, type Transaction } from 'kysely'
import type { StoreFailed } from '../../../core/errors/store'
import { toStoreFailed } from './errors'
import { named } from '../read/statements'

// A process that is frozen in the middle of a transaction would keep its row locks, and the next owner
// would wait for them: the server ends such a session by itself.
const limitIdling = (milliseconds: number): string =>
  named('idling', `set local idle_in_transaction_session_timeout = ${Math.ceil(milliseconds)}`)

const attempt = async <Failure, Value>(
  work: () => Promise<E.Either<Failure, Value>>,
  failed: (error: unknown) => StoreFailed,
): Promise<E.Either<Failure | StoreFailed, Value>> => {
  try {
    return await work()
  } catch (error) {
    return E.left(failed(error))
  }
}

/**
 * Runs `work` in a transaction: a Right is committed, a Left rolled back.
 *
 * @param idling - the server ends the transaction when nothing comes for so long. Milliseconds.
 */
export const within =
  <Database, Failure, Value>(
    db: Kysely<Database>,
    idling: number,
    work: (transaction: Transaction<Database>) => TaskEither<Failure, Value>,
  ): TaskEither<Failure | StoreFailed, Value> =>
  () =>
    attempt(async () => {
      const transaction = await db.startTransaction().execute()
      const result = await attempt(async () => {
        await transaction.executeQuery(CompiledQuery.raw(limitIdling(idling)))
        return work(transaction)()
      }, toStoreFailed('reading'))
      if (E.isLeft(result)) {
        await attempt(async () => {
          await transaction.rollback().execute()
          return result
        }, toStoreFailed('reading'))
        return result
      }
      return attempt(async () => {
        await transaction.commit().execute()
        return result
      }, toStoreFailed('appending'))
    }, toStoreFailed('connecting'))
