import * as E from 'fp-ts/Either'
import { appendError, type Appended, type AppendRequest } from '../../core/append'
import type { AppendError } from '../../core/errors/unions'
import type { Limits } from '../../core/limits'
import { storableCopies } from '../../core/document-key'
import type { EventStore } from '../../core/ports/event-store'
import { streamIdError } from '../../core/stream'
import { commit, recorded, rejectionOf, taken } from './append'
import type { MemoryDocuments } from './documents'
import { emptyLog, type MemoryLineage, type MemoryLog, streamOf } from './log'
import { type MemoryInline, projected } from './projections'
import { queue } from './queue'
import { keepSnapshot, load, page, storePage, streamPage } from './reads'

/** What a memory store needs. */
export interface MemoryStoreParts {
  readonly limits: Limits
  /** The store's clock, in milliseconds since 1970-01-01 UTC. */
  readonly now: () => number
  /** Opens transactions. */
  readonly transactions: Pick<MemoryDocuments, 'begin'>
  readonly inline: MemoryInline
  /** The lineage, for checkpoints that are stored elsewhere. */
  readonly lineage: MemoryLineage
}

type Answer = E.Either<AppendError, Appended>

const appendNow = (log: MemoryLog, request: AppendRequest, now: number): Answer => {
  const rejected = rejectionOf(log, request)
  if (rejected !== undefined) return E.left(rejected)
  return E.right(commit(log, request, recorded(log, request, now), now))
}

/** The reference: an event store in the memory of one process, with the behaviour of every other one. */
export const memoryStore = ({
  limits,
  now,
  transactions,
  inline,
  lineage,
}: MemoryStoreParts): EventStore => {
  const log = emptyLog(lineage)
  const oneByOne = queue()

  const appendProjected = async (request: AppendRequest): Promise<Answer> => {
    const rejected = rejectionOf(log, request)
    if (rejected !== undefined) return E.left(rejected)
    const time = now()
    const events = recorded(log, request, time)
    const open = transactions.begin()
    const failure = await projected(inline, events, open.transaction)
    if (failure !== undefined) {
      open.rollback()
      return E.left(failure)
    }
    open.commit()
    return E.right(commit(log, request, events, time))
  }

  return {
    append: (request) => () => {
      const error = appendError(request, limits)
      if (error !== undefined) return Promise.resolve(E.left(error))
      const safe = taken(request)
      return inline.projections.length === 0
        ? Promise.resolve(appendNow(log, safe, now()))
        : oneByOne(() => appendProjected(safe))
    },
    load: (request) => () => {
      const error = streamIdError(request.streamId)
      return Promise.resolve(error === undefined ? E.right(load(log, request)) : E.left(error))
    },
    read: (streamId, range) => () => {
      const error = streamIdError(streamId)
      return Promise.resolve(
        error === undefined ? E.right(page(log, streamOf(log, streamId), range)) : E.left(error),
      )
    },
    readAll: (range) => () => Promise.resolve(E.right(storePage(log, range))),
    streams: (range) => () => Promise.resolve(E.right(streamPage(log, range))),
    saveSnapshot: (snapshot) => () => {
      const error = streamIdError(snapshot.streamId)
      if (error !== undefined) return Promise.resolve(E.left(error))
      const copies = storableCopies([snapshot.state])
      if (E.isLeft(copies)) return Promise.resolve(copies)
      const [state = null] = copies.right
      keepSnapshot(log, { ...snapshot, state })
      return Promise.resolve(E.right(undefined))
    },
  }
}
