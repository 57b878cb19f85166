import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../core/errors/store'
import type { StoredEvent } from '../../core/recorded-event'
import type { StreamId, StreamVersion } from '../../core/stream'
import { type Commit, decodeCommit, storedEvent } from './commit'
import { corrupt, type Head, type Heads, type LoadedHead } from './heads'
import type { Deadline, Link } from './link'
import { type DirectReads, fromLeader, readSpan, type Verdict } from './messages'

/** What reading streams needs. */
export interface ReadParts {
  readonly link: Link
  readonly direct: DirectReads
  readonly heads: Heads
  /** Whether the store can be used. */
  readonly ready: () => Promise<E.Either<StoreFailed, unknown>>
}

/** Where in its JetStream stream a stream is read from: the message at `sequence` or later follows on `version`. */
export interface Place {
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
export interface Wanted {
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

/** The wanted events of a stream, oldest first: complete up to `head`, or a failure. */
export const readEvents = async (
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
  const missing = after - version + (tags === undefined ? most : Infinity)
  const read = await readSpan(
    { link, direct },
    { stream, subject, from: place.right.sequence, to: head.sequence, about: missing },
    (message): Verdict => {
      const commit = decodeCommit(message.text)
      if (commit === undefined) return corrupt(message, stream)
      if (commit.after !== version) return 'gap'
      version += commit.events.length
      addEvents(streamId, wanted, [message.sequence, commit], events)
      return events.length >= most || version >= upTo ? 'enough' : 'more'
    },
    deadline,
  )
  return E.map(() => events)(read)
}
