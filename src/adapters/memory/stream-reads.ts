import * as E from 'fp-ts/Either'
import type { ReadArchived } from '../../archive/archived-events'
import { type StreamErased, streamErased } from '../../core/errors/erased'
import { type InvalidQuery, invalidQuery, type InvalidStreamId } from '../../core/errors/invalid'
import type { StoreFailed } from '../../core/errors/store'
import type { EventStore, StreamPage } from '../../core/ports/event-store'
import type { ExportedEvent } from '../../core/ports/transfer'
import { backwardsRangeProblem, streamRangeProblem } from '../../core/read-range'
import { type StreamId, streamIdError } from '../../core/stream'
import { archivedBackwardsPage, archivedPage } from '../../core/transfer/archived-content'
import { type MemoryLog, streamOf } from './log'
import { backwardsPage, load, page } from './reads'

const erasedIn = (log: MemoryLog, streamId: StreamId): StreamErased | undefined =>
  log.erasures.has(streamId) ? streamErased(streamId) : undefined

/** Why a stream cannot be read. `undefined`: it can. */
const problemOf = (
  log: MemoryLog,
  streamId: StreamId,
  problem?: string,
): InvalidStreamId | StreamErased | InvalidQuery | undefined =>
  streamIdError(streamId) ??
  (problem === undefined ? erasedIn(log, streamId) : invalidQuery(problem))

/** Reads of one stream. */
export const streamReads = (
  log: MemoryLog,
  readArchived: ReadArchived,
): Pick<EventStore, 'load' | 'read' | 'readBackwards' | 'version'> => {
  /** A page of a stream: from here, or of all its events from the file where they are. */
  const pageOr = async (
    streamId: StreamId,
    here: () => StreamPage,
    pageOf: (events: ReadonlyArray<ExportedEvent>) => StreamPage,
  ): Promise<E.Either<StoreFailed | StreamErased, StreamPage>> => {
    const { place } = streamOf(log, streamId)
    if (place === undefined) return E.right(here())
    const events = await readArchived(streamId, place)()
    const erased = erasedIn(log, streamId) // meanwhile
    if (erased !== undefined) return E.left(erased)
    return E.map(pageOf)(events)
  }

  return {
    load: (request) => () => {
      const error = streamIdError(request.streamId) ?? erasedIn(log, request.streamId)
      if (error !== undefined) return Promise.resolve(E.left(error))
      const { events, more, ...found } = load(log, request)
      return pageOr(
        request.streamId,
        () => ({ events, more }),
        (all) => archivedPage(all, request),
      ).then(E.map((answer) => ({ ...found, ...answer })))
    },
    read: (streamId, range) => () => {
      const error = problemOf(log, streamId, streamRangeProblem(range))
      if (error !== undefined) return Promise.resolve(E.left(error))
      return pageOr(
        streamId,
        () => page(log, streamOf(log, streamId), range),
        (all) => archivedPage(all, range),
      )
    },
    readBackwards: (streamId, range) => () => {
      const error = problemOf(log, streamId, backwardsRangeProblem(range))
      if (error !== undefined) return Promise.resolve(E.left(error))
      return pageOr(
        streamId,
        () => backwardsPage(log, streamOf(log, streamId), range),
        (all) => archivedBackwardsPage(all, range),
      )
    },
    version: (streamId) => () => {
      const error = streamIdError(streamId) ?? erasedIn(log, streamId)
      const { events } = streamOf(log, streamId)
      return Promise.resolve(error === undefined ? E.right(events.length) : E.left(error))
    },
  }
}
