import {
  memoryDocuments,
  memoryOperator,
  type MemoryOperatorOptions,
  memoryProjections,
  memoryRequests,
  memoryStore,
  memorySubscriptions,
  type MemoryTransaction,
} from '../../src/memory'
import type { OperatedSide } from '../contracts/operator-contracts'

/** A read side in memory, with nothing in it, a store and an operator. */
export const memoryReadSide = (
  options: Partial<MemoryOperatorOptions> = {},
): OperatedSide<MemoryTransaction> => {
  const documents = memoryDocuments()
  const store = memoryStore()
  return {
    store,
    subscriptions: memorySubscriptions(documents),
    projections: memoryProjections(documents),
    requests: memoryRequests(documents),
    operator: memoryOperator({ store, documents, ...options }),
  }
}
