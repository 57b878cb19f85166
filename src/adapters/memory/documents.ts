import { canonicalJson } from '../../core/canonical-json'
import type { Json } from '../../core/json'
import { frozenJson } from './frozen'
import { documentLocks } from './locks'

/** A document and its key. */
export interface MemoryDocument {
  readonly key: string
  readonly value: Json
}

/** Read models as readers see them: what was committed. */
export interface MemoryDocuments {
  readonly get: (collection: string, key: string) => Json | undefined
  /** All documents of a collection, in the order in which their keys first came. */
  readonly all: (collection: string) => ReadonlyArray<MemoryDocument>
  /** Work that stays invisible until it is committed. */
  readonly begin: () => OpenMemoryTransaction
}

/** The transaction in which effects are written, together with events or a checkpoint. It sees its own writes. */
export interface MemoryTransaction {
  readonly get: (collection: string, key: string) => Json | undefined
  readonly all: (collection: string) => ReadonlyArray<MemoryDocument>
  readonly put: (collection: string, key: string, value: Json) => void
  readonly delete: (collection: string, key: string) => void
  /**
   * Locks these documents, existing or not, until the end of the transaction. Answers whether it has the locks: not
   * if that would be a deadlock.
   */
  readonly lock: (collection: string, keys: ReadonlyArray<string>) => Promise<boolean>
}

/** An open transaction. The store must commit it or roll it back. */
export interface OpenMemoryTransaction {
  readonly transaction: MemoryTransaction
  readonly commit: () => void
  readonly rollback: () => void
}

type Collection = ReadonlyMap<string, Json>
/** What a transaction has written. `undefined`: deleted. */
type Writes = ReadonlyMap<string, Json | undefined>

const none: ReadonlyMap<string, never> = new Map<string, never>()

const listed = (collection: Collection): ReadonlyArray<MemoryDocument> =>
  [...collection].map(([key, value]) => ({ key, value }))

const apply = (writes: Writes, collection: Map<string, Json>): Map<string, Json> => {
  for (const [key, value] of writes) {
    if (value === undefined) collection.delete(key)
    else collection.set(key, value)
  }
  return collection
}

/** The document collections of one memory store. */
export const memoryDocuments = (): MemoryDocuments => {
  const committed = new Map<string, Map<string, Json>>()
  const collectionOf = (name: string): Collection => committed.get(name) ?? none
  const openLocks = documentLocks()

  return {
    get: (collection, key) => collectionOf(collection).get(key),
    all: (collection) => listed(collectionOf(collection)),
    begin: () => {
      // Key by key, so that the commit does not overwrite what others have written meanwhile.
      const written = new Map<string, Map<string, Json | undefined>>()
      const locks = openLocks()
      const write = (name: string, key: string, value: Json | undefined): void => {
        const writes = written.get(name) ?? new Map<string, Json | undefined>()
        written.set(name, writes.set(key, value))
      }
      return {
        transaction: {
          get: (collection, key) => {
            const writes: Writes = written.get(collection) ?? none
            return writes.has(key) ? writes.get(key) : collectionOf(collection).get(key)
          },
          all: (collection) =>
            listed(apply(written.get(collection) ?? none, new Map(collectionOf(collection)))),
          put: (collection, key, value) => write(collection, key, frozenJson(canonicalJson(value))),
          delete: (collection, key) => write(collection, key, undefined),
          lock: (collection, keys) =>
            locks.take(keys.map((key) => JSON.stringify([collection, key]))),
        },
        commit: () => {
          for (const [name, writes] of written) {
            committed.set(name, apply(writes, committed.get(name) ?? new Map<string, Json>()))
          }
          locks.release()
        },
        rollback: locks.release,
      }
    },
  }
}
