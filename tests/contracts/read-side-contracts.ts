import * as TE from 'fp-ts/TaskEither'
import {
  projectionStoreContract,
  requestStoreContract,
  subscriptionStoreContract,
  type TestWords,
} from 'reprise/testing'
import type { ReadSide } from './read-side'
import { transactThrough } from './transact'

const close = () => Promise.resolve()
const usual: TestWords = { describe, it }

/** Registers the three contracts of the read side. `second`: the same data over other connections. */
export const readSideContracts = <Transaction>(
  name: string,
  open: () => ReadSide<Transaction>,
  second: () => ReadSide<Transaction> | undefined = () => undefined,
  words: TestWords = usual,
): void => {
  subscriptionStoreContract({
    name,
    open: async () => {
      const [{ subscriptions, projections }, other] = [open(), second()]
      return {
        subscriptions,
        ...(other === undefined ? {} : { second: other.subscriptions }),
        mark: (transaction: Transaction, mark) =>
          projections.inTransaction(transaction).put('marks', mark, true),
        isMarked: (mark) =>
          TE.map((document) => document !== undefined)(projections.get('marks', mark)),
        close,
      }
    },
    ...words,
  })
  projectionStoreContract({
    name,
    open: async () => {
      const [{ projections, subscriptions }, other] = [open(), second()]
      return {
        projections,
        ...(other === undefined ? {} : { second: other.projections }),
        transact: transactThrough(subscriptions),
        close,
      }
    },
    ...words,
  })
  requestStoreContract({
    name,
    open: async () => {
      const [{ requests, subscriptions }, other] = [open(), second()]
      return {
        requests,
        ...(other === undefined ? {} : { second: other.requests }),
        transact: transactThrough(subscriptions),
        close,
      }
    },
    ...words,
  })
}
