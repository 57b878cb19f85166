import {
  memoryDocuments,
  memoryProjections,
  memoryRequests,
  memorySubscriptions,
  type MemoryTransaction,
} from 'reprise/memory'
import type { ReadSide } from '../contracts/read-side'

/** A read side in memory, with nothing in it. */
export const memoryReadSide = (): ReadSide<MemoryTransaction> => {
  const documents = memoryDocuments()
  return {
    subscriptions: memorySubscriptions(documents),
    projections: memoryProjections(documents),
    requests: memoryRequests(documents),
  }
}
