import * as TE from 'fp-ts/TaskEither'
import {
  projectionStoreContract,
  outboxContract,
  subscriptionStoreContract,
  type TestWords,
  transactThrough,
} from 'reprise/testing'
import type { ReadSide } from './read-side'

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
      const [{ subscriptions, documents }, other] = [open(), second()]
      return {
        subscriptions,
        ...(other === undefined ? {} : { second: other.subscriptions }),
        mark: (transaction: Transaction, mark) =>
          documents.inTransaction(transaction).put('marks', mark, true),
        isMarked: (mark) =>
          TE.map((document) => document !== undefined)(documents.get('marks', mark)),
        close,
      }
    },
    ...words,
  })
  projectionStoreContract({
    name,
    open: async () => {
      const [{ documents, subscriptions }, other] = [open(), second()]
      return {
        documents,
        subscriptions,
        ...(other === undefined ? {} : { second: other.documents }),
        transact: transactThrough(subscriptions),
        close,
      }
    },
    ...words,
  })
  outboxContract({
    name,
    open: async () => {
      const [{ outbox, subscriptions }, other] = [open(), second()]
      return {
        outbox,
        ...(other === undefined ? {} : { second: other.outbox }),
        transact: transactThrough(subscriptions),
        close,
      }
    },
    ...words,
  })
}
