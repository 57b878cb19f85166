import * as E from 'fp-ts/Either'
import {
  type Erasing,
  type Erasure,
  erasingProblem,
  nothingToErase,
} from '../../core/operator/erasure'
import type { Operator } from '../../core/ports/operator'
import type { MemoryDocuments } from './documents'
import { eventsOf, type MemoryLog } from './log'
import type { MemoryAudit } from './operator-audit'
import type { MemoryReadSideState } from './read-side-state'
import { removeTags } from './tag-index'

/** What erasing needs. */
export interface MemoryErasing {
  readonly log: MemoryLog
  readonly documents: MemoryDocuments
  readonly state: MemoryReadSideState
  readonly audit: MemoryAudit
  /** Called when a stream was erased. */
  readonly onForgotten: () => void
}

const eraseDocuments = (
  { documents, state: { begun } }: MemoryErasing,
  named: NonNullable<Erasing['documents']>,
): void => {
  const { transaction, commit } = documents.begin()
  for (const { collection, key } of named) {
    const builds = begun.get(collection) ?? []
    for (const one of [collection, ...builds.map((build) => build.collection)]) {
      transaction.delete(one, key)
    }
  }
  commit()
}

/** Erasing streams. */
export const memoryErasing = (parts: MemoryErasing): Pick<Operator, 'erase'> => {
  const { log, state, audit, onForgotten } = parts
  return {
    erase: (erasing) => () => {
      const problem = erasingProblem(erasing)
      if (problem !== undefined) return Promise.resolve(E.left(problem))
      const { streamId, by, why, documents = [] } = erasing
      const known = log.erasures.get(streamId)
      if (known !== undefined) return Promise.resolve(E.right(known))
      const stream = log.streams.get(streamId)
      const events = stream === undefined ? [] : eventsOf(stream)
      if (events.length === 0) return Promise.resolve(E.left(nothingToErase(streamId)))
      const { at } = audit.add(
        {
          operator: by,
          action: 'erase',
          subject: streamId,
          detail: { why, events: events.length },
        },
        { outcome: 'done', message: `${events.length} erased` },
      )
      const erasure: Erasure = { streamId, erasedAt: at, by, why, events: events.length }
      log.erasures.set(streamId, erasure)
      for (const { position } of events) {
        log.events[position - 1] = undefined
        removeTags(log.tags, position)
      }
      log.streams.delete(streamId)
      for (const { partitions } of state.subscriptions.values()) {
        for (const { held } of partitions) held.delete(streamId)
      }
      eraseDocuments(parts, documents)
      onForgotten()
      return Promise.resolve(E.right(erasure))
    },
  }
}
