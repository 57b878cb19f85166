import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../core/errors/store'

/** Runs `work` in a transaction of its own: a Right is committed, a Left is rolled back and returned. */
export type Transact<Transaction> = <Failure>(
  work: (transaction: Transaction) => TaskEither<Failure, void>,
) => TaskEither<Failure | StoreFailed, void>
