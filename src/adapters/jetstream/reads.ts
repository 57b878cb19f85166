import * as E from 'fp-ts/Either'
import { invalidQuery } from '../../core/errors/invalid'
import type { StoreFailed } from '../../core/errors/store'
import type {
  EventStore,
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
import { type StreamId, streamIdError, type StreamVersion } from '../../core/stream'
import { handledBefore } from './append'
import { type Commit, decodeCommit, storedEvent } from './commit'
import { corrupt, type Head, type Heads, type LoadedHead } from './heads'
import { type Deadline, deadlineOf, type Link } from './link'
import { type DirectReads, fromLeader, readSpan, type Verdict } from './messages'
import { loadSnapshot } from './snapshots'

/** What reading streams needs. */
export interface ReadParts {
  readonly link: Link
  readonly direct: DirectReads
  readonly heads: Heads
  /** Whether the store can be used. */
  readonly ready: () => Promise<E.Either<StoreFailed, unknown>>
}

/** Where in its JetStream stream a stream is read from: the message at `sequence` or later follows on `version`. */
interface Place {
  readonly sequence: number
  readonly version: StreamVersion
}

const BEGINNING: Place = { sequence: 1, version: 0 }

/** What is nearer than this is read, and not searched for: versions, and messages of the JetStream stream. */
const NEAR = 256

/**
 * A place at or before the commit that holds the version after `after`, found by halving: from the beginning of a long
 * stream to its end there are too many messages to read.
 */
const placeBefore = async (
  { link }: ReadParts,
  streamId: StreamId,
  { after, from, head }: { readonly after: number; readonly from: Place; readonly head: Head },
  deadline: Deadline,
): Promise<E.Either<StoreFailed, Place>> => {
  const { subjects } = link
  const stream = subjects.eventStream(subjects.partitionOf(streamId))
  const subject = subjects.commits(streamId)
  let low = from
  let high = head.sequence
  while (after - low.version > NEAR && high - low.sequence > NEAR) {
    const middle = Math.floor((low.sequence + high) / 2)
    const wanted = { next_by_subj: subject, seq: middle }
    const found = await fromLeader(link, stream, wanted, deadline)
    if (E.isLeft(found)) return found
    const message = found.right
    const commit = message && decodeCommit(message.text)
    if (message === undefined || commit === undefined || commit.after > after) high = middle
    else low = { sequence: message.sequence, version: commit.after }
  }
  return E.right(low)
}

/** Which events of a stream, whose end is known. */
interface Wanted {
  readonly after: StreamVersion
  readonly upTo: StreamVersion
  readonly tags?: ReadonlyArray<string> | undefined
  /** Events at most. */
  readonly most: number
  readonly head: LoadedHead
  /** A place at or before the first of them, if one is known. */
  readonly near?: Place | undefined
}

const hasOneOf = (
  tags: ReadonlyArray<string> | undefined,
  wanted: ReadonlyArray<string> | undefined,
): boolean => wanted === undefined || (tags?.some((tag) => wanted.includes(tag)) ?? false)

/** The events of a commit that are wanted, added to `events` until there are enough. */
const addEvents = (
  streamId: StreamId,
  { after, upTo, tags, most }: Wanted,
  [sequence, commit]: readonly [number, Commit],
  events: StoredEvent[],
): void => {
  const first = Math.max(after - commit.after, 0)
  const end = Math.min(upTo - commit.after, commit.events.length)
  for (let index = first; index < end && events.length < most; index++) {
    if (!hasOneOf(commit.events[index]?.tags, tags)) continue
    const event = storedEvent(streamId, sequence, commit, index)
    if (event !== undefined) events.push(event)
  }
}

const readEvents = async (
  parts: ReadParts,
  streamId: StreamId,
  wanted: Wanted,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, ReadonlyArray<StoredEvent>>> => {
  const { link, direct } = parts
  const { after, upTo, most, head, tags } = wanted
  const events: StoredEvent[] = []
  if (head.commit === undefined || after >= Math.min(upTo, head.version) || most < 1) {
    return E.right(events)
  }
  if (head.commit.after <= after) {
    addEvents(streamId, wanted, [head.sequence, head.commit], events)
    return E.right(events)
  }
  const from = wanted.near !== undefined && wanted.near.version <= after ? wanted.near : BEGINNING
  const place = await placeBefore(parts, streamId, { after, from, head }, deadline)
  if (E.isLeft(place)) return place

  const stream = link.subjects.eventStream(link.subjects.partitionOf(streamId))
  const subject = link.subjects.commits(streamId)
  let { version } = place.right
  let wrong: StoreFailed | undefined
  const missing = after - version + (tags === undefined ? most : Infinity)
  const read = await readSpan(
    { link, direct },
    { stream, subject, from: place.right.sequence, to: head.sequence, about: missing },
    (message): Verdict => {
      const commit = decodeCommit(message.text)
      if (commit === undefined) {
        wrong = corrupt(message, stream)
        return 'enough'
      }
      if (commit.after !== version) return 'gap'
      version += commit.events.length
      addEvents(streamId, wanted, [message.sequence, commit], events)
      return events.length >= most || version >= upTo ? 'enough' : 'more'
    },
    deadline,
  )
  if (E.isLeft(read)) return read
  return wrong === undefined ? E.right(events) : E.left(wrong)
}

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
  range: Parameters<EventStore['readBackwards']>[1],
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
): Pick<EventStore, 'load' | 'read' | 'readBackwards' | 'version'> => {
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
