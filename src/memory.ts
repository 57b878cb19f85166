export { memoryStore, type MemoryStoreOptions } from './adapters/memory/store'
export {
  type MemoryDocument,
  type MemoryDocuments,
  memoryDocuments,
  type MemoryTransaction,
  type OpenMemoryTransaction,
} from './adapters/memory/documents'
export { memoryOperator, type MemoryOperatorOptions } from './adapters/memory/operator'
export { memoryProjections } from './adapters/memory/read-models'
export { memoryRequests } from './adapters/memory/request-store'
export { memorySubscriptions } from './adapters/memory/subscription-store'
