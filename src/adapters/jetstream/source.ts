import * as E from 'fp-ts/Either'
import { invalidQuery } from '../../core/errors/invalid'
import type { StoreFailed } from '../../core/errors/store'
import type { ReadAllError } from '../../core/errors/unions'
import type { EventLocator } from '../../core/ports/event-locator'
import type { EventSource, StorePage, StoreRange } from '../../core/ports/event-source'
import { storeRangeProblem } from '../../core/read-range'
import type { StoredEvent } from '../../core/recorded-event'
import { categoryOf, type Position, type StreamId } from '../../core/stream'
import type { SubscriptionStart } from '../../core/subscription-start'
import {
  type Commit,
  type CommittedEvent,
  decodeCommit,
  positionOf,
  POSITIONS_PER_MESSAGE,
  sequenceOf,
  storedEvent,
} from './commit'
import { corrupt } from './heads'
import { type Deadline, deadlineOf, type Link } from './link'
import {
  type DirectReads,
  fromLeader,
  readSpan,
  type StoredMessage,
  type Verdict,
} from './messages'
import { streamOfSubject } from './subjects'
import { incompleteTags } from './tag-declarations'

/** What a source needs. */
export interface SourceParts {
  readonly link: Link
  readonly direct: DirectReads
  /** Which of the store's JetStream streams it reads. */
  readonly partition: number
  /** The lineage of that stream; it fails if the store cannot be used. */
  readonly lineage: () => Promise<E.Either<StoreFailed, string>>
}

/** The events of one JetStream stream, for those who follow. */
export type JetStreamSource = Pick<EventSource, 'readAll'> & EventLocator

/** How many messages one page looks at, at most: a filter may leave out nearly all of them. */
const MOST_SCANNED = 2_000

const isWanted = (
  { types, tags, correlationId, recordedFrom = 0, recordedBefore = Infinity }: StoreRange,
  event: CommittedEvent,
  at: number,
): boolean =>
  (types?.includes(event.type) ?? true) &&
  (correlationId === undefined || event.metadata.correlationId === correlationId) &&
  at >= recordedFrom &&
  at < recordedBefore &&
  (tags === undefined || (event.tags?.some((tag) => tags.includes(tag)) ?? false))

/** What a page has so far. */
interface Page {
  readonly events: StoredEvent[]
  /** Up to here all was seen. */
  upTo: Position
  scanned: number
  /** Whether it holds, or has looked at, as much as one page does. */
  isFull: boolean
}

interface Decoded {
  readonly streamId: StreamId
  readonly sequence: number
  readonly commit: Commit
}

const decoded = ({ sequence, subject, text }: StoredMessage): Decoded | undefined => {
  const streamId = streamOfSubject(subject)
  const commit = decodeCommit(text)
  return streamId === undefined || commit === undefined ? undefined : { streamId, sequence, commit }
}

/** Adds what is wanted of a commit to a page, until it is full. */
const addTo = (page: Page, range: StoreRange, { streamId, sequence, commit }: Decoded): Verdict => {
  const isOfCategory = range.categories?.includes(categoryOf(streamId)) ?? true
  page.scanned += 1
  for (const [index, event] of isOfCategory ? commit.events.entries() : []) {
    const position = positionOf(sequence, index)
    if (position <= range.after || !isWanted(range, event, commit.at)) continue
    const stored = storedEvent(streamId, sequence, commit, index)
    if (stored !== undefined) page.events.push(stored)
    page.upTo = position
    page.isFull = page.events.length >= range.limit
    if (page.isFull) return 'enough'
  }
  page.upTo = positionOf(sequence, POSITIONS_PER_MESSAGE - 1)
  page.isFull = page.scanned >= MOST_SCANNED
  return page.isFull ? 'enough' : 'more'
}

const selectsNothing = ({ categories, types, tags }: StoreRange): boolean =>
  categories?.length === 0 || types?.length === 0 || tags?.length === 0

/** The last position of a message. */
const lastPosition = ({ sequence }: StoredMessage, commit: Commit): Position =>
  positionOf(sequence, Math.max(commit.events.length - 1, 0))

const readPage = async (
  { link, direct, partition }: SourceParts,
  range: StoreRange,
  lineage: string,
  deadline: Deadline,
): Promise<E.Either<ReadAllError, StorePage>> => {
  const stream = link.subjects.eventStream(partition)
  const after = Math.max(Math.floor(range.after), 0)
  const everything = link.subjects.allCommits(partition)
  const last = await fromLeader(link, stream, { last_by_subj: everything }, deadline)
  if (E.isLeft(last)) return last
  const end = last.right
  if (end === undefined) {
    return E.right({ events: [], upTo: after, highest: 0, lineage, more: false })
  }
  const commit = decodeCommit(end.text)
  if (commit === undefined) return E.left(corrupt(end, stream))
  const highest = lastPosition(end, commit)
  const atEnd = { events: [], upTo: Math.max(after, highest), highest, lineage, more: false }
  if (after >= highest || selectsNothing(range)) return E.right(atEnd)

  // The last one that is wanted is asked for after the end: up to the end there is no later one of its kind.
  const [category, ...others] = range.categories ?? []
  const isOne = category !== undefined && others.length === 0
  const subject = isOne ? link.subjects.allCommits(partition, category) : everything
  const wanted = isOne ? await fromLeader(link, stream, { last_by_subj: subject }, deadline) : last
  if (E.isLeft(wanted)) return wanted
  const to = wanted.right?.sequence ?? 0
  const from = Math.max(sequenceOf(after), 1)
  if (to < from) return E.right(atEnd)

  const page: Page = { events: [], upTo: after, scanned: 0, isFull: false }
  const about = isOne || range.categories === undefined ? range.limit + 1 : MOST_SCANNED
  const isFiltered = range.types ?? range.tags ?? range.correlationId ?? range.recordedFrom
  const read = await readSpan(
    { link, direct },
    { stream, subject, from, to, about: isFiltered === undefined ? about : MOST_SCANNED },
    (message) => {
      const found = decoded(message)
      if (found === undefined) return corrupt(message, stream)
      return addTo(page, { ...range, after }, found)
    },
    deadline,
  )
  if (E.isLeft(read)) return read
  // It may have ended with a message behind the end that was known.
  const upTo = page.isFull ? page.upTo : Math.max(highest, to > end.sequence ? page.upTo : 0)
  const known = Math.max(highest, page.events.at(-1)?.position ?? 0)
  const seen = Math.min(upTo, known)
  return E.right({
    events: page.events,
    upTo: seen,
    highest: known,
    lineage,
    more: seen < known,
  })
}

/** The events of one JetStream stream in the order of their positions. No consumer is made: see docs/adr/0113. */
export const sourceOf = (parts: SourceParts): JetStreamSource => {
  const { link } = parts
  const readAll: EventSource['readAll'] = (range) => async () => {
    const problem = storeRangeProblem(range)
    if (problem !== undefined) return E.left(invalidQuery(problem))
    const lineage = await parts.lineage()
    if (E.isLeft(lineage)) return lineage
    const deadline = deadlineOf(link)
    if (range.tags !== undefined) {
      const complete = await incompleteTags(link, range.categories, deadline)
      if (E.isLeft(complete)) return complete
    }
    return readPage(parts, range, lineage.right, deadline)
  }

  /** Behind the last event before the first one that was recorded at `time` or later. */
  const since = async (time: number): Promise<E.Either<StoreFailed, Position>> => {
    for (let after = 0; ;) {
      const page = await readAll({ after, limit: 1, recordedFrom: Math.max(time, 0) })()
      if (E.isLeft(page)) {
        return page.left._tag === 'StoreFailed' ? E.left(page.left) : E.right(0)
      }
      const [first] = page.right.events
      if (first !== undefined) return E.right(first.position - 1)
      if (!page.right.more) return E.right(page.right.upTo)
      after = page.right.upTo
    }
  }

  const end = async (): Promise<E.Either<StoreFailed, Position>> => {
    const page = await readAll({ after: Number.MAX_SAFE_INTEGER, limit: 1 })()
    if (E.isRight(page)) return E.right(page.right.highest)
    return page.left._tag === 'StoreFailed' ? E.left(page.left) : E.right(0)
  }

  return {
    readAll,
    locate: (start: SubscriptionStart) => async () => {
      switch (start._tag) {
        case 'Start':
          return E.right(0)
        case 'After':
          return E.right(start.position)
        case 'End':
          return end()
        case 'Since':
          return since(start.time)
      }
    },
  }
}
