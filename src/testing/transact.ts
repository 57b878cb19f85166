import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../core/errors/store'
import { handlerFailed } from '../core/errors/subscription'
import type { SubscriptionStore } from '../core/ports/subscription-store'
import { succeeds } from './store-contract/checks'

/** Runs `work` in a transaction of its own: a Right is committed, a Left is rolled back and returned. */
export type Transact<Transaction> = <Failure>(
  work: (transaction: Transaction) => TaskEither<Failure, void>,
) => TaskEither<Failure | StoreFailed, void>

/**
 * Transactions as a subscription runs them: together with a checkpoint, of a subscription that is there for that moment
 * only.
 *
 * A transaction fails with the Left of its work, or with `StoreFailed`.
 *
 * @example
 * const transact = transactThrough(backend.subscriptions)
 */
export const transactThrough =
  <Transaction>(subscriptions: SubscriptionStore<Transaction>): Transact<Transaction> =>
  <Failure>(work: (transaction: Transaction) => TaskEither<Failure, void>) =>
  async (): Promise<E.Either<Failure | StoreFailed, void>> => {
    const name = crypto.randomUUID()
    await succeeds(subscriptions.register({ name, partitions: 1, position: 0 }))
    const { leases } = await succeeds(subscriptions.claim(name, 'one', 60_000))
    const [lease = { subscription: name, partition: 0, token: 0 }] = leases
    const failures: E.Left<Failure>[] = []
    const step = { lease, after: 0, position: 1 }
    const committed = subscriptions.commit(step, (transaction) => async () => {
      const worked = await work(transaction)()
      if (E.isRight(worked)) return E.right(step)
      failures.push(worked)
      return E.left(handlerFailed(name, 1, worked.left))
    })
    const ended = await committed()
    await succeeds(subscriptions.remove(name))
    const [failed] = failures
    if (failed !== undefined) return failed
    await succeeds(() => Promise.resolve(ended))
    return E.right(undefined)
  }
