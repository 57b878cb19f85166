import * as E from 'fp-ts/Either'
import { type AppendRequest } from '../../core/append'
import { type BoundaryQuery, queryProblem } from '../../core/boundary-query'
import {
  type InvalidAppend,
  invalidAppend,
  type InvalidQuery,
  invalidQuery,
} from '../../core/errors/invalid'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import { type SlotMap, slotOf } from '../../core/slots'
import type { StreamId } from '../../core/stream'

/** Which streams, and which tags, are kept together. Pure, and never changed once there are events. */
export interface Placement {
  /**
   * The key of a stream. Streams with the same key share a slot, so they are always on the same shard: what is appended
   * together has one key. Default: the id, each stream for itself.
   */
  readonly stream?: (streamId: StreamId) => string
  /**
   * The key of a tag: that of the streams whose events carry it. Without it there are no boundaries: a query by tags could
   * be about any shard.
   */
  readonly tag?: (tag: string) => string
  /**
   * The key of one process of a process manager: that of the streams whose events it receives. Needed only to split a shard
   * whose outbox has something.
   */
  readonly process?: (process: string, key: string) => string
}

/** Where things are, by one map. */
export interface Locations {
  /** The shard of a stream. */
  readonly shardOf: (streamId: StreamId) => number
  /** Whether the stream's slot is being moved. */
  readonly isMoving: (streamId: StreamId) => boolean
  /** The one shard of some streams, and of what a condition is about. */
  readonly shardOfAll: (
    streams: ReadonlyArray<AppendRequest>,
    query?: BoundaryQuery,
  ) => E.Either<InvalidAppend, number>
  /** The shard of a query by tags. */
  readonly shardOfQuery: (query: BoundaryQuery) => E.Either<InvalidQuery, number>
  /** Why an append that is on one shard is refused all the same: a tag of it belongs to another one. */
  readonly tagsApart: (request: AppendRequest) => InvalidAppend | undefined
}

/** The failure of a call whose place is not known. */
export const misplaced = (cause: unknown): StoreFailed =>
  storeFailed('Unexpected', 'nothingWritten', cause, '`placement` has thrown')

const NO_TAGS =
  'the tags of these shards have no placement: `sharded(shards, { placement: { tag } })`'

const apart = (one: string, other: string): string =>
  `${one} and ${other} are on different shards, and nothing is stored on two of them at once: let placement give both the same key, or use a process manager`

/** Where things are, by a map and the placement. What `placement` throws goes to the caller. */
export const locationsBy = (
  { slots, moving }: SlotMap,
  { stream = (streamId) => streamId, tag }: Placement,
): Locations => {
  const inMotion = new Set(moving)
  const shardAt = (key: string): number => slots[slotOf(key)] ?? 0
  // What is no stream id reaches some shard, which says so.
  const shardOf = (streamId: StreamId): number =>
    typeof streamId === 'string' ? shardAt(stream(streamId)) : 0

  const shardOfQuery = (query: BoundaryQuery): E.Either<InvalidQuery, number> => {
    if (queryProblem(query) !== undefined) return E.right(0) // the store says what is wrong
    if (tag === undefined) return E.left(invalidQuery(NO_TAGS))
    const [first] = query[0].tags
    const shard = shardAt(tag(first))
    for (const { tags } of query) {
      const other = tags.find((one) => shardAt(tag(one)) !== shard)
      if (other !== undefined) return E.left(invalidQuery(apart(first, other)))
    }
    return E.right(shard)
  }

  return {
    shardOf,
    isMoving: (streamId) =>
      inMotion.size > 0 && typeof streamId === 'string' && inMotion.has(slotOf(stream(streamId))),
    shardOfQuery,
    shardOfAll: (streams, query) => {
      const [first] = streams
      if (first === undefined) return E.right(0) // the store says what is wrong
      const shard = shardOf(first.streamId)
      const other = streams.find(({ streamId }) => shardOf(streamId) !== shard)
      if (other !== undefined) {
        return E.left(invalidAppend(first.streamId, apart(first.streamId, other.streamId)))
      }
      const isQuery = query !== undefined && queryProblem(query) === undefined
      const asked = isQuery ? shardOfQuery(query) : E.right(shard)
      if (E.isLeft(asked)) return E.left(invalidAppend(first.streamId, asked.left.reason))
      return asked.right === shard
        ? E.right(shard)
        : E.left(
            invalidAppend(first.streamId, apart(first.streamId, 'what its condition is about')),
          )
    },
    tagsApart: ({ streamId, events }) => {
      if (tag === undefined) return undefined
      const shard = shardOf(streamId)
      for (const { tags = [] } of events) {
        const other = tags.find((one) => shardAt(tag(one)) !== shard)
        if (other !== undefined) return invalidAppend(streamId, apart(streamId, `the tag ${other}`))
      }
      return undefined
    },
  }
}
