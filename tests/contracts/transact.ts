import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { handlerFailed } from '../../src/core/errors/subscription'
import type { SubscriptionStore } from '../../src/core/ports/subscription-store'
import type { Transact } from '../../src/testing'
import { right, rightOf } from '../support/right'

/** Transactions as a subscription runs them: together with a checkpoint. */
export const transactThrough =
  <Transaction>(subscriptions: SubscriptionStore<Transaction>): Transact<Transaction> =>
  (work) =>
  async () => {
    const name = randomUUID()
    await right(subscriptions.register({ name, partitions: 1, position: 0 }))
    const { leases } = await right(subscriptions.claim(name, 'one', 60_000))
    const progress = { lease: leases[0]!, after: 0, position: 1 }
    let worked: Awaited<ReturnType<ReturnType<typeof work>>> | undefined
    const committed = await subscriptions.commit(progress, (transaction) => async () => {
      worked = await work(transaction)()
      return E.isLeft(worked) ? E.left(handlerFailed(name, 1, worked.left)) : E.right(progress)
    })()
    await right(subscriptions.remove(name))
    if (worked !== undefined && E.isLeft(worked)) return worked
    rightOf(committed)
    return E.right(undefined)
  }
