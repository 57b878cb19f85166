import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { ControlledTransaction, Kysely, Transaction } from 'kysely'
import type { StoreFailed } from '../../../core/errors/store'
import { toStoreFailed, type WriteOutcome } from './errors'
import { originOf } from './origin'
import { compiled, named } from './query'

const catching = async <Failure, Value>(
  outcome: WriteOutcome,
  work: () => Promise<E.Either<Failure, Value>>,
): Promise<E.Either<Failure | StoreFailed, Value>> => {
  try {
    return await work()
  } catch (error) {
    return E.left(toStoreFailed(outcome)(error))
  }
}

/** Gives the connection back. What failed before is reported, whatever becomes of the rollback. */
export const rollBack = async <Database>(
  transaction: ControlledTransaction<Database>,
): Promise<void> => {
  try {
    await transaction.rollback().execute()
  } catch {
    // The connection is gone, and with it the transaction.
  }
}

/** Commits, and gives the connection back also when that fails. */
export const commit = async <Database, Value>(
  transaction: ControlledTransaction<Database>,
  value: Value,
): Promise<E.Either<StoreFailed, Value>> => {
  try {
    await transaction.commit().execute()
    return E.right(value)
  } catch (error) {
    await rollBack(transaction)
    return E.left(toStoreFailed('mayHaveCommitted')(error))
  }
}

/** Runs `work` in a transaction: a Right is committed, a Left rolled back. */
export type RunInTransaction<Database> = <Failure, Value>(
  work: (transaction: Transaction<Database>) => TaskEither<Failure, Value>,
) => TaskEither<Failure | StoreFailed, Value>

/**
 * Transactions that the server ends when no statement comes for a while. A process that is frozen in the middle of
 * one would keep its row locks, and the next owner would wait for them. On a pool they leave connections for
 * statements outside of them: a handler in each of them may append, and would wait for itself otherwise.
 *
 * @param idleTimeout - milliseconds.
 */
export const transactionsOn = <Database>(
  db: Kysely<Database>,
  idleTimeout: number,
): RunInTransaction<Database> => {
  const setting = `idle_in_transaction_session_timeout = ${Math.ceil(idleTimeout)}`
  const limitIdling = named('idling', `set local ${setting}`)

  return (work) => () =>
    catching('none', async () => {
      const origin = originOf(db)
      const leave = origin?._tag === 'Pool' ? await origin.enterTransaction() : undefined
      try {
        const transaction = await db.startTransaction().execute()
        const result = await catching('uncommitted', async () => {
          await transaction.executeQuery(compiled(limitIdling))
          return work(transaction)()
        })
        if (E.isRight(result)) return await commit(transaction, result.right)
        await rollBack(transaction)
        return result
      } finally {
        leave?.()
      }
    })
}
