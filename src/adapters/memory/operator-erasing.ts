import * as E from 'fp-ts/Either'
import {
  type Erasing,
  type Erasure,
  erasingProblem,
  nothingToErase,
} from '../../core/operator/erasure'
import type { Operator } from '../../core/ports/operator'
import type { StreamId } from '../../core/stream'
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

/** A process that is writing the stream into a file cannot finish that. */
const giveUpRanges = ({ ranges }: MemoryLog, streamId: StreamId): void => {
  for (const range of ranges.values()) {
    if (range.parts.some((part) => part.streamId === streamId)) range.givenUp = true
  }
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
      const place = stream?.place
      const count = place === undefined ? events.length : (stream?.archived?.events ?? 0)
      if (count === 0) return Promise.resolve(E.left(nothingToErase(streamId)))
      const range = place && { file: place.file, start: place.start, length: place.length }
      const { at } = audit.add(
        {
          operator: by,
          action: 'erase',
          subject: streamId,
          detail: { why, events: count, ...range },
        },
        { outcome: 'done', message: `${count} erased` },
      )
      const erasure: Erasure = {
        ...{ streamId, erasedAt: at, by, why, events: count },
        ...(range === undefined ? {} : { place: range }),
      }
      giveUpRanges(log, streamId)
      if (range !== undefined) {
        log.lastRange += 1
        log.ranges.set(log.lastRange, { ...range, parts: [], givenUp: true })
      }
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
