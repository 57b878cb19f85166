import * as E from 'fp-ts/Either'
import { invalidQuery } from '../../core/errors/invalid'
import type { StoreFailed } from '../../core/errors/store'
import type {
  StreamStore,
  Loaded,
  LoadRequest,
  StreamPage,
  StreamRange,
} from '../../core/ports/event-store'
import {
  backwardsRangeProblem,
  firstVersionAbove,
  lastVersion,
  streamRangeProblem,
} from '../../core/read-range'
import type { StoredEvent } from '../../core/recorded-event'
import { type StreamId, streamIdError } from '../../core/stream'
import { handledBefore } from './append'
import type { Head, LoadedHead } from './heads'
import { deadlineOf } from './link'
import { loadSnapshot } from './snapshots'
import { type Place, readEvents, type ReadParts, type Wanted } from './stream-events'

/** The place of a head that this process remembers: what follows on it begins behind it. */
const placeAfter = (head: Head | undefined): Place | undefined =>
  head === undefined ? undefined : { sequence: head.sequence + 1, version: head.version }

/** The events of a page, one more than it holds, as the page. */
const pageOf = (events: ReadonlyArray<StoredEvent>, limit: number): StreamPage =>
  events.length > limit ? { events: events.slice(0, limit), more: true } : { events, more: false }

const loadStream = async (
  parts: ReadParts,
  { streamId, after, snapshotSchema, commandId, limit }: LoadRequest,
): Promise<E.Either<StoreFailed, Loaded>> => {
  const { link, heads } = parts
  const deadline = deadlineOf(link)
  const remembered = heads.remembered(streamId)
  const [head, found] = await Promise.all([
    heads.load(streamId, deadline),
    snapshotSchema === undefined
      ? E.right(undefined)
      : loadSnapshot(link, streamId, snapshotSchema, deadline),
  ])
  if (E.isLeft(head)) return head
  if (E.isLeft(found)) return found
  const { sequence, version } = head.right
  const usable =
    found.right !== undefined && found.right.version > after && found.right.version <= version
      ? found.right
      : undefined
  const near =
    usable !== undefined && usable.sequence > 0
      ? { sequence: usable.sequence + 1, version: usable.version }
      : placeAfter(remembered)
  const from = usable?.version ?? after
  const wanted = { after: from, upTo: Infinity, most: limit + 1, head: head.right, near }
  const [events, handled] = await Promise.all([
    readEvents(parts, streamId, wanted, deadline),
    commandId === undefined
      ? E.right(undefined)
      : handledBefore(link, streamId, { commandId, upTo: sequence }, deadline),
  ])
  if (E.isLeft(events)) return events
  if (E.isLeft(handled)) return handled
  return E.right({
    version,
    ...(usable === undefined
      ? {}
      : {
          snapshot: {
            streamId,
            version: usable.version,
            schemaVersion: usable.schemaVersion,
            state: usable.state,
          },
        }),
    ...pageOf(events.right, limit),
    ...(handled.right === undefined ? {} : { handled: handled.right }),
  })
}

const readForwards = async (
  parts: ReadParts,
  streamId: StreamId,
  range: StreamRange,
): Promise<E.Either<StoreFailed, StreamPage>> => {
  const { after, limit, tags } = range
  const deadline = deadlineOf(parts.link)
  const remembered = parts.heads.remembered(streamId)
  const head = await parts.heads.load(streamId, deadline)
  if (E.isLeft(head)) return head
  const wanted: Wanted = {
    after,
    upTo: lastVersion(range),
    tags,
    most: limit + 1,
    head: head.right,
    near: placeAfter(remembered),
  }
  const events = await readEvents(parts, streamId, wanted, deadline)
  return E.map((found: ReadonlyArray<StoredEvent>) => pageOf(found, limit))(events)
}

/** How many events are read at a time when they are searched for backwards, by tag. */
const SEARCHED = 1_000

const readBackwards = async (
  parts: ReadParts,
  streamId: StreamId,
  range: Parameters<StreamStore['readBackwards']>[1],
): Promise<E.Either<StoreFailed, StreamPage>> => {
  const { limit, tags } = range
  const deadline = deadlineOf(parts.link)
  const head = await parts.heads.load(streamId, deadline)
  if (E.isLeft(head)) return head
  const found: StoredEvent[] = []
  let end = Math.min(firstVersionAbove(range) - 1, head.right.version)
  while (end > 0 && found.length <= limit) {
    const after = Math.max(end - (tags === undefined ? limit + 1 : SEARCHED), 0)
    const wanted = { after, upTo: end, tags, most: Infinity, head: head.right }
    const events = await readEvents(parts, streamId, wanted, deadline)
    if (E.isLeft(events)) return events
    found.push(...events.right.toReversed())
    end = after
  }
  return E.right(pageOf(found, limit))
}

/** Reading one stream. Each of them asks the leader for the stream's end first, and answers nothing that ends before it. */
export const readsOf = (
  parts: ReadParts,
): Pick<StreamStore, 'load' | 'read' | 'readBackwards' | 'version'> => {
  const reading = async <Found>(
    streamId: StreamId,
    problem: string | undefined,
    read: () => Promise<E.Either<StoreFailed, Found>>,
  ) => {
    const invalid = streamIdError(streamId)
    if (invalid !== undefined) return E.left(invalid)
    if (problem !== undefined) return E.left(invalidQuery(problem))
    const usable = await parts.ready()
    return E.isLeft(usable) ? usable : read()
  }
  const loading = async <Found>(
    streamId: StreamId,
    read: () => Promise<E.Either<StoreFailed, Found>>,
  ) => {
    const invalid = streamIdError(streamId)
    if (invalid !== undefined) return E.left(invalid)
    const usable = await parts.ready()
    return E.isLeft(usable) ? usable : read()
  }
  return {
    load: (request) => () => loading(request.streamId, () => loadStream(parts, request)),
    read: (streamId, range) => () =>
      reading(streamId, streamRangeProblem(range), () => readForwards(parts, streamId, range)),
    readBackwards: (streamId, range) => () =>
      reading(streamId, backwardsRangeProblem(range), () => readBackwards(parts, streamId, range)),
    version: (streamId) => () =>
      loading(streamId, async () =>
        E.map(({ version }: LoadedHead) => version)(
          await parts.heads.load(streamId, deadlineOf(parts.link)),
        ),
      ),
  }
}
