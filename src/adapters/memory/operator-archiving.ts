import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { canonicalJson } from '../../core/canonical-json'
import { streamErased } from '../../core/errors/erased'
import { subscriptionsBehind } from '../../core/errors/operator'
import {
  type ArchivedStream,
  type Archiving,
  archivingProblem,
  hasTags,
  type NotArchived,
  notClosed,
} from '../../core/operator/archiving'
import type { Operator } from '../../core/ports/operator'
import type { StoredEvent } from '../../core/recorded-event'
import { categoryOf, type StreamId } from '../../core/stream'
import { sha256 } from '../../platform/node'
import { eventsOf, type MemoryLog } from './log'
import type { MemoryAudit } from './operator-audit'
import type { MemoryReadSideState } from './read-side-state'
import { removeTags, tagsAt } from './tag-index'

/** What archiving needs. */
export interface MemoryArchiving {
  readonly log: MemoryLog
  readonly state: MemoryReadSideState
  readonly audit: MemoryAudit
}

/** The subscriptions that have not handled all of a stream: its last event is at `position`. */
export const behind = (
  { subscriptions }: MemoryReadSideState,
  streamId: StreamId,
  position: number,
): ReadonlyArray<string> =>
  [...subscriptions]
    .filter(
      ([, { reads, partitions }]) =>
        (reads.categories?.includes(categoryOf(streamId)) ?? true) &&
        partitions.some((one) => one.position < position || one.held.has(streamId)),
    )
    .map(([name]) => name)
    .sort()

const sum = (counts: ReadonlyArray<number>): number =>
  counts.reduce((total, count) => total + count, 0)

const checksumOf = (events: ReadonlyArray<StoredEvent>): string =>
  sha256(JSON.stringify(canonicalJson(events.map((event) => ({ ...event })))), 'hex')

/** Moving closed streams to the archive. */
export const memoryArchiving = ({
  log,
  state,
  audit,
}: MemoryArchiving): Pick<Operator, 'closedStreams' | 'archive' | 'retired'> => {
  const archiveOne = (
    streamId: StreamId,
    { by, why, tagged }: Archiving,
  ): E.Either<NotArchived, ArchivedStream> => {
    if (log.erasures.has(streamId)) return E.left(streamErased(streamId))
    const stream = log.streams.get(streamId)
    if (stream?.closure === undefined) return E.left(notClosed(streamId))
    if (stream.archived !== undefined) return E.right(stream.archived)
    const events = eventsOf(stream)
    const late = behind(state, streamId, events.at(-1)?.position ?? 0)
    if (late.length > 0) return E.left(subscriptionsBehind(streamId, late))
    const withTags = events.filter(({ position }) => tagsAt(log.tags, position).length > 0)
    if (withTags.length > 0 && tagged === 'refuse') return E.left(hasTags(streamId))

    const detail = { why, events: events.length, checksum: checksumOf(events) }
    const { at, sequence } = audit.add(
      { operator: by, action: 'archive', subject: streamId, detail },
      { outcome: 'done', message: `${events.length} archived` },
    )
    const archived: ArchivedStream = { streamId, archivedAt: at, by, ...detail }
    stream.archived = archived
    stream.archivedSequence = sequence
    stream.snapshots.clear()
    for (const { position } of events) {
      log.events[position - 1] = undefined
      stream.archivedTags.set(position, tagsAt(log.tags, position))
      removeTags(log.tags, position)
    }
    if (withTags.length > 0) log.tags.rebuilds += 1
    return E.right(archived)
  }

  return {
    closedStreams: ({ after, limit, category, streamId: only, closedBefore = Infinity }) =>
      TE.fromIO(() => {
        const found = [...log.streams.values()]
          .filter(({ archived }) => archived === undefined)
          .flatMap(({ closure }) => (closure === undefined ? [] : [closure]))
          .filter(({ sequence, closedAt }) => sequence > after && closedAt < closedBefore)
          .filter(({ streamId }) => category === undefined || categoryOf(streamId) === category)
          .filter(({ streamId }) => only === undefined || streamId === only)
          .sort((left, right) => left.sequence - right.sequence)
        return { streams: found.slice(0, limit), more: found.length > limit }
      }),
    archive: (archiving) => () => {
      const problem = archivingProblem(archiving)
      return Promise.resolve(
        problem === undefined
          ? E.right(archiving.streams.map((streamId) => archiveOne(streamId, archiving)))
          : E.left(problem),
      )
    },
    retired: () =>
      TE.fromIO(() => {
        const archived = [...log.streams.values()].flatMap((stream) =>
          stream.archived === undefined ? [] : [stream.archived.events],
        )
        const truncated = [...log.streams.values()].flatMap(({ truncation }) =>
          truncation === undefined ? [] : [truncation.upTo],
        )
        return {
          archivedStreams: archived.length,
          archivedEvents: sum(archived),
          truncatedStreams: truncated.length,
          truncatedEvents: sum(truncated),
        }
      }),
  }
}
