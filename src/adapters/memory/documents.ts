import type { Json } from '../../core/json'
import { frozenJson } from './frozen'

/** A document and its key. */
export interface MemoryDocument {
  readonly key: string
  readonly value: Json
}

/** Read models, seen from outside: what was committed. */
export interface MemoryDocuments {
  readonly get: (collection: string, key: string) => Json | undefined
  /** All documents of a collection, in the order in which their keys first came. */
  readonly all: (collection: string) => ReadonlyArray<MemoryDocument>
  /** Work that stays invisible until it is committed. One at a time. */
  readonly begin: () => OpenMemoryTransaction
}

/** What an inline projection of a memory store writes with. It sees its own writes. */
export interface MemoryTransaction {
  readonly get: (collection: string, key: string) => Json | undefined
  readonly all: (collection: string) => ReadonlyArray<MemoryDocument>
  readonly put: (collection: string, key: string, value: Json) => void
  readonly delete: (collection: string, key: string) => void
}

/** A transaction in the hands of its store. Not committed, it never was. */
export interface OpenMemoryTransaction {
  readonly transaction: MemoryTransaction
  readonly commit: () => void
}

type Collection = ReadonlyMap<string, Json>

const none: Collection = new Map()

const listed = (collection: Collection): ReadonlyArray<MemoryDocument> =>
  [...collection].map(([key, value]) => ({ key, value }))

/** Small collections of documents, to keep read models of a memory store in. For one store. */
export const memoryDocuments = (): MemoryDocuments => {
  const committed = new Map<string, Collection>()
  const collectionOf = (name: string): Collection => committed.get(name) ?? none

  return {
    get: (collection, key) => collectionOf(collection).get(key),
    all: (collection) => listed(collectionOf(collection)),
    begin: () => {
      const touched = new Map<string, Map<string, Json>>()
      const seen = (name: string): Collection => touched.get(name) ?? collectionOf(name)
      const toWrite = (name: string): Map<string, Json> => {
        const copy = touched.get(name) ?? new Map(collectionOf(name))
        touched.set(name, copy)
        return copy
      }
      return {
        transaction: {
          get: (collection, key) => seen(collection).get(key),
          all: (collection) => listed(seen(collection)),
          put: (collection, key, value) => {
            toWrite(collection).set(key, frozenJson(value))
          },
          delete: (collection, key) => {
            toWrite(collection).delete(key)
          },
        },
        commit: () => {
          for (const [name, collection] of touched) committed.set(name, new Map(collection))
        },
      }
    },
  }
}
