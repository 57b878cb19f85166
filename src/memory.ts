export { memoryStore, type MemoryStoreOptions } from './adapters/memory/store'
export {
  type MemoryDocument,
  type MemoryDocuments,
  memoryDocuments,
  type MemoryTransaction,
  type OpenMemoryTransaction,
} from './adapters/memory/documents'
