import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import type { BackwardsRange, StreamPage, StreamRange } from '../ports/event-store'
import type { ExportedEvent } from '../ports/transfer'
import { firstVersionAbove, lastVersion } from '../read-range'
import type { StoredEvent } from '../recorded-event'
import type { StreamId } from '../stream'
import { parsed, parseLine, storedEventLine } from './archive'

const FORMAT = 1

const Heading = t.type({
  reprise: t.literal('archived stream'),
  format: t.number,
  streamId: t.string,
  events: t.number,
})

/**
 * What an archive file holds of a stream: a line about it, and a line for each event, as an export has them.
 *
 * @example
 * archivedContent('account-A1', [])
 */
export const archivedContent = (
  streamId: StreamId,
  events: ReadonlyArray<ExportedEvent>,
): string => {
  const heading = { reprise: 'archived stream', format: FORMAT, streamId, events: events.length }
  return `${JSON.stringify(heading)}\n${events.map(storedEventLine).join('')}`
}

/** The events of a stream in what {@link archivedContent} gives, oldest first; or why they are not there. */
export const parseArchivedContent = (
  streamId: StreamId,
  content: string,
): E.Either<string, ReadonlyArray<ExportedEvent>> => {
  const [first = '', ...rest] = content.split('\n')
  const heading = parsed(first)
  if (!Heading.is(heading) || heading.streamId !== streamId) {
    return E.left(`its first line is not about ${streamId}`)
  }
  if (heading.format !== FORMAT) return E.left('a later release has written it')
  const events: ExportedEvent[] = []
  for (const text of rest.slice(0, -1)) {
    const line = parseLine(text)
    if (E.isLeft(line) || line.right._tag !== 'Event') return E.left('a line of it is no event')
    const { event, position } = line.right
    events.push({ ...event, position, tags: event.tags ?? [] })
  }
  return events.length === heading.events && rest.at(-1) === ''
    ? E.right(events)
    : E.left(`it has ${events.length} events of ${heading.events}`)
}

const pageOf = (
  wanted: ReadonlyArray<ExportedEvent>,
  { limit, tags }: Pick<StreamRange, 'limit' | 'tags'>,
): StreamPage => {
  const found =
    tags === undefined
      ? wanted
      : wanted.filter((event) => event.tags.some((tag) => tags.includes(tag)))
  const events = found.slice(0, limit).map(({ tags: _tags, ...event }): StoredEvent => event)
  return { events, more: found.length > limit }
}

/**
 * A page of all events of a stream.
 *
 * @example
 * archivedPage([], { after: 0, limit: 100 }) // { events: [], more: false }
 */
export const archivedPage = (
  events: ReadonlyArray<ExportedEvent>,
  range: StreamRange,
): StreamPage => {
  const last = lastVersion(range)
  return pageOf(
    events.filter(({ version }) => version > range.after && version <= last),
    range,
  )
}

/**
 * The same, newest first.
 *
 * @example
 * archivedBackwardsPage([], { limit: 100 }) // { events: [], more: false }
 */
export const archivedBackwardsPage = (
  events: ReadonlyArray<ExportedEvent>,
  range: BackwardsRange,
): StreamPage => {
  const above = firstVersionAbove(range)
  return pageOf(events.filter(({ version }) => version < above).reverse(), range)
}
