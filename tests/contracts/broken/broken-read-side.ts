import type { MemoryDocuments, MemoryTransaction } from 'reprise/memory'
import {
  memoryDocuments,
  memoryProjections,
  memoryRequests,
  memorySubscriptions,
} from 'reprise/memory'
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
      subscriptions: memorySubscriptions(documents),
      projections: memoryProjections(documents),
      requests: memoryRequests(documents),
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
    store: MemoryReadSide['projections'],
    documents: MemoryDocuments,
  ) => Partial<MemoryReadSide['projections']>,
) =>
  changing(({ projections }, documents) => ({
    projections: { ...projections, ...change(projections, documents) },
  }))

/** The same, for defects of the request store alone. */
export const requestsThat = (
  change: (
    store: MemoryReadSide['requests'],
    documents: MemoryDocuments,
  ) => Partial<MemoryReadSide['requests']>,
) =>
  changing(({ requests }, documents) => ({
    requests: { ...requests, ...change(requests, documents) },
  }))

/** The same, for defects in what requests are written with. */
export const requestWritesThat = (
  change: (
    writes: ReturnType<MemoryReadSide['requests']['inTransaction']>,
  ) => Partial<ReturnType<MemoryReadSide['requests']['inTransaction']>>,
) =>
  requestsThat(({ inTransaction }) => ({
    inTransaction: (transaction) => {
      const writes = inTransaction(transaction)
      return { ...writes, ...change(writes) }
    },
  }))
