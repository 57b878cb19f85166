import type { StorePage, StoreRange } from '../../core/ports/event-source'
import type {
  BackwardsRange,
  Loaded,
  LoadRequest,
  StreamPage,
  StreamRange,
  StreamsRange,
  StreamSummary,
  StoredSnapshot,
} from '../../core/ports/event-store'
import { canonicalJson, isInKeyOrder } from '../../core/canonical-json'
import { byCodePoints } from '../../core/code-points'
import { firstVersionAbove, lastVersion } from '../../core/read-range'
import type { StoredEvent } from '../../core/recorded-event'
import { canBeginId, categoryOf } from '../../core/stream'
import { frozenJson, frozenMetadata, frozenObject } from './frozen'
import { hasTag } from './tag-index'
import { type MemoryLog, type MemoryStream, streamOf, streamToWrite } from './log'

/**
 * The event with its keys in the order in which every store gives them. It is put in order when it is
 * first read: many never are.
 */
export const inOrder = (log: MemoryLog, event: StoredEvent): StoredEvent => {
  const { streamId, version, position, data, metadata } = event
  if (isInKeyOrder(data) && isInKeyOrder(metadata)) return event
  const ordered = Object.freeze({
    ...event,
    data: frozenObject(canonicalJson(data)),
    metadata: frozenMetadata(canonicalJson(metadata)),
  })
  streamOf(log, streamId).events[version - 1] = ordered
  if (log.events[position - 1] !== undefined) log.events[position - 1] = ordered
  return ordered
}

const isTagged = (
  log: MemoryLog,
  { streamId, position }: StoredEvent,
  tags: ReadonlyArray<string>,
): boolean =>
  hasTag(log.tags, position, tags) ||
  (streamOf(log, streamId)
    .archivedTags.get(position)
    ?.some((tag) => tags.includes(tag)) ??
    false)

const pageOf = (
  log: MemoryLog,
  wanted: ReadonlyArray<StoredEvent>,
  { limit, tags }: Pick<StreamRange, 'limit' | 'tags'>,
): StreamPage => {
  const found = tags === undefined ? wanted : wanted.filter((event) => isTagged(log, event, tags))
  return {
    events: found.slice(0, limit).map((event) => inOrder(log, event)),
    more: found.length > limit,
  }
}

export const page = (
  log: MemoryLog,
  { events, first }: MemoryStream,
  range: StreamRange,
): StreamPage => {
  const { limit, tags } = range
  const after = Math.max(range.after, first - 1)
  const most = tags === undefined ? after + limit + 1 : Infinity
  return pageOf(log, events.slice(after, Math.min(lastVersion(range), most)), range)
}

export const backwardsPage = (
  log: MemoryLog,
  { events, first }: MemoryStream,
  range: BackwardsRange,
): StreamPage => {
  const { limit, tags } = range
  const end = Math.min(Math.max(firstVersionAbove(range) - 1, 0), events.length)
  const start = Math.max(tags === undefined ? end - limit - 1 : 0, first - 1)
  return pageOf(log, events.slice(start, end).reverse(), range)
}

export const load = (log: MemoryLog, request: LoadRequest): Loaded => {
  const stream = streamOf(log, request.streamId)
  const snapshot = usableSnapshot(stream, request)
  const handled =
    request.commandId === undefined ? undefined : stream.handled.get(request.commandId)
  return {
    version: stream.events.length,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...page(log, stream, { after: snapshot?.version ?? request.after, limit: request.limit }),
    ...(handled === undefined ? {} : { handled }),
  }
}

const usableSnapshot = (
  { events, first, snapshots }: MemoryStream,
  { after, snapshotSchema }: LoadRequest,
): StoredSnapshot | undefined => {
  const found = snapshotSchema === undefined ? undefined : snapshots.get(snapshotSchema)
  const fits =
    found !== undefined &&
    found.version > after &&
    found.version >= first &&
    found.version <= events.length
  return fits ? found : undefined
}

export const keepSnapshot = (log: MemoryLog, snapshot: StoredSnapshot): void => {
  const { streamId, version, schemaVersion, state } = snapshot
  if (log.erasures.has(streamId)) return
  const { snapshots, archived } = streamToWrite(log, streamId)
  if (archived !== undefined) return
  if (version <= (snapshots.get(schemaVersion)?.version ?? 0)) return
  const kept = { streamId, version, schemaVersion, state: frozenJson(canonicalJson(state)) }
  snapshots.set(schemaVersion, Object.freeze(kept))
}

export const storePage = (log: MemoryLog, range: StoreRange): StorePage => {
  const { after, limit, categories, types, tags, correlationId } = range
  const { recordedFrom = 0, recordedBefore = Infinity } = range
  const wanted = ({ streamId, type, position, metadata, recordedAt }: StoredEvent): boolean =>
    (categories?.includes(categoryOf(streamId)) ?? true) &&
    (types?.includes(type) ?? true) &&
    (correlationId === undefined || metadata.correlationId === correlationId) &&
    recordedAt >= recordedFrom &&
    recordedAt < recordedBefore &&
    (tags === undefined || hasTag(log.tags, position, tags))
  const events: StoredEvent[] = []
  // From far below 0 it would count for ever.
  let upTo = after > 0 ? Math.floor(after) : 0
  while (upTo < log.events.length && events.length < limit) {
    const event = log.events[upTo++]
    if (event !== undefined && wanted(event)) events.push(inOrder(log, event))
  }
  const lineage = log.lineage.current
  const highest = log.events.length
  return { events, upTo, more: upTo < highest, highest, lineage }
}

export const streamPage = (
  log: MemoryLog,
  { after, limit, category, prefix = '' }: StreamsRange,
): ReadonlyArray<StreamSummary> =>
  [...(canBeginId(prefix) ? log.streams : [])]
    .filter(([id]) => id.startsWith(prefix))
    .filter(([id]) => category === undefined || categoryOf(id) === category)
    .filter(([id, { archived }]) => archived === undefined && byCodePoints(id, after) > 0)
    .sort(([left], [right]) => byCodePoints(left, right))
    .flatMap(([streamId, { events }]) => {
      const last = events.at(-1)
      return last === undefined
        ? []
        : [{ streamId, version: last.version, recordedAt: last.recordedAt }]
    })
    .slice(0, limit)
