import {
  type MemoryDocuments,
  memoryDocuments,
  type MemoryTransaction,
} from '../../../src/adapters/memory/documents'
import { memoryProjections } from '../../../src/adapters/memory/read-models'
import { memoryOutbox } from '../../../src/adapters/memory/outbox-store'
import { memorySubscriptions } from '../../../src/adapters/memory/subscription-store'
import type { ReadSide } from '../read-side'

export type MemoryReadSide = ReadSide<MemoryTransaction>

/** A read side with one defect, and the contract tests that must notice it. */
export interface BrokenReadSide {
  readonly defect: string
  readonly open: () => MemoryReadSide
  readonly noticedBy: ReadonlyArray<string>
}

/** A sound read side in memory, with something about it changed. */
export const changing =
  (change: (sound: MemoryReadSide, documents: MemoryDocuments) => Partial<MemoryReadSide>) =>
  (): MemoryReadSide => {
    const documents = memoryDocuments()
    const sound = {
      subscriptions: memorySubscriptions(documents, Date.now),
      documents: memoryProjections(documents, Date.now),
      outbox: memoryOutbox(documents, Date.now),
    }
    return { ...sound, ...change(sound, documents) }
  }

/** The same, for defects of the subscription store alone. */
export const subscriptionsThat = (
  change: (
    store: MemoryReadSide['subscriptions'],
    documents: MemoryDocuments,
  ) => Partial<MemoryReadSide['subscriptions']>,
) =>
  changing(({ subscriptions }, documents) => ({
    subscriptions: { ...subscriptions, ...change(subscriptions, documents) },
  }))

/** The same, for defects of the projection store alone. */
export const projectionsThat = (
  change: (
    store: MemoryReadSide['documents'],
    documents: MemoryDocuments,
  ) => Partial<MemoryReadSide['documents']>,
) =>
  changing(({ documents: store }, documents) => ({
    documents: { ...store, ...change(store, documents) },
  }))

/** The same, for defects of the request store alone. */
export const requestsThat = (
  change: (
    store: MemoryReadSide['outbox'],
    documents: MemoryDocuments,
  ) => Partial<MemoryReadSide['outbox']>,
) =>
  changing(({ outbox }, documents) => ({
    outbox: { ...outbox, ...change(outbox, documents) },
  }))

/** The same, for defects in what requests are written with. */
export const requestWritesThat = (
  change: (
    writes: ReturnType<MemoryReadSide['outbox']['inTransaction']>,
  ) => Partial<ReturnType<MemoryReadSide['outbox']['inTransaction']>>,
) =>
  requestsThat(({ inTransaction }) => ({
    inTransaction: (transaction) => {
      const writes = inTransaction(transaction)
      return { ...writes, ...change(writes) }
    },
  }))
