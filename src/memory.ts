/** The names of `reprise/memory`. */
export { memory, type MemoryBackend, type MemoryOptions } from './adapters/memory/backend'
export { sharded, type ShardedBackend, type ShardedOptions } from './adapters/sharded/backend'
export type { ShardedOperator } from './adapters/sharded/operator'
export type { Placement } from './adapters/sharded/placement'
export type { ShardBackend } from './adapters/sharded/source'
export type { ShardStore } from './adapters/sharded/store'
export type {
  MemoryDocument,
  MemoryDocuments,
  MemoryTransaction,
  OpenMemoryTransaction,
} from './adapters/memory/documents'
export { archiveDirectory } from './archive/directory'
export type { ArchiveFiles } from './core/ports/archive-files'
export type { PersonalDataOptions } from './personal/key-ring'
export { masterKeyFrom, type MasterKey, type MasterKeySource } from './personal/master-key'
export { rotateMasterKey, type Rotated } from './personal/rotate-master-key'
export type { MemoryOperatorOptions } from './adapters/memory/operator'
export type { MemoryFileRange, MemoryLineage, MemoryLog, MemoryStream } from './adapters/memory/log'
export type { TagIndex } from './adapters/memory/tag-index'
