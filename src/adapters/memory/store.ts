import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { appendError, type Appended, type AppendRequest, isTagged } from '../../core/append'
import {
  type AppendedTogether,
  appendTogetherError,
  type AppendTogetherRequest,
  sightAfter,
} from '../../core/append-together'
import { conditionCopy, queryProblem, sightProblem } from '../../core/boundary-query'
import { type InvalidQuery, invalidQuery, type InvalidStreamId } from '../../core/errors/invalid'
import type { ProjectionFailed } from '../../core/errors/store'
import type { AppendTogetherError } from '../../core/errors/unions'
import { type StreamErased, streamErased } from '../../core/errors/erased'
import type { Limits } from '../../core/limits'
import { storableCopies } from '../../core/document-key'
import { appendHooks } from '../../core/ports/append-hooks'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { EventStore } from '../../core/ports/event-store'
import type { ShardPart } from '../../core/ports/shard'
import { backwardsRangeProblem, storeRangeProblem, streamRangeProblem } from '../../core/read-range'
import { categoryOf, type StreamId, streamIdError } from '../../core/stream'
import { setImmediate } from '../../platform/node'
import { rejectionOf, rejectionOfAll, taken } from './append'
import {
  type Answer,
  appendAllNow,
  appendNow,
  commitAll,
  onlyOne,
  recordedAll,
  type Work,
} from './append-now'
import type { MemoryDocuments } from './documents'
import { matchingPage } from './matching'
import { emptyLog, type MemoryLineage, type MemoryLog, streamOf } from './log'
import { type MemoryInline, projected } from './projections'
import { queue } from './queue'
import { type MemorySlotMap, otherSlotMap, slotMapOf } from './slot-map'
import { emptyTagIndex, incompleteIn, type TagIndex, tagsAt, undeclaredIn } from './tag-index'
import { type LockTags, tagLocks, tagsToLock } from './tag-locks'
import { backwardsPage, keepSnapshot, load, page, storePage, streamPage } from './reads'

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
  /** The tags, which the operator can rebuild. Default: new ones. */
  readonly tags?: TagIndex
  /** The map of the slots, if the store is one of several shards. Default: it is none. */
  readonly slotMap?: MemorySlotMap
  /** What is stored, of which the operator can erase streams. Default: nothing. */
  readonly log?: MemoryLog
}

/** A store, and what it can do as one of several shards. */
export interface MemoryStore {
  readonly store: EventStore & BoundaryStore
  readonly asShard: ShardPart<EventStore & BoundaryStore>
}

const erasedIn = (log: MemoryLog, streamId: StreamId): StreamErased | undefined =>
  log.erasures.has(streamId) ? streamErased(streamId) : undefined

/** What is read of one stream, or why it is not. */
const reading = <Found>(
  log: MemoryLog,
  streamId: StreamId,
  problem: string | undefined,
  read: () => Found,
): Promise<E.Either<InvalidStreamId | StreamErased | InvalidQuery, Found>> => {
  const error =
    streamIdError(streamId) ??
    (problem === undefined ? erasedIn(log, streamId) : invalidQuery(problem))
  return Promise.resolve(error === undefined ? E.right(read()) : E.left(error))
}

/** The reference: an event store in the memory of one process, with the behaviour of every other one. */
export const memoryStore = ({
  limits,
  now,
  transactions,
  inline,
  lineage,
  tags = emptyTagIndex(),
  slotMap = { current: undefined },
  log = emptyLog(lineage, tags),
}: MemoryStoreParts): MemoryStore => {
  const oneByOne = queue()
  const transaction = tagLocks()
  const hooks = appendHooks(setImmediate)

  const appendProjected = async <Rejection>({
    requests,
    rejected,
  }: Work<Rejection>): Promise<E.Either<Rejection | ProjectionFailed, ReadonlyArray<Appended>>> => {
    const rejection = rejected()
    if (rejection !== undefined) return E.left(rejection)
    const time = now()
    const events = recordedAll(log, requests, time)
    const open = transactions.begin()
    const failure = await projected(inline, events.flat(), open.transaction)
    if (failure !== undefined) {
      open.rollback()
      return E.left(failure)
    }
    const ended = rejected() // an operator may have closed or erased the stream meanwhile
    if (ended !== undefined) {
      open.rollback()
      return E.left(ended)
    }
    open.commit()
    return E.right(commitAll(log, requests, events, time))
  }

  const appendProjectedOne = async (
    safe: AppendRequest,
    epoch: number | undefined,
  ): Promise<Answer> => {
    const rejected = () =>
      otherSlotMap(slotMap, epoch) ?? rejectionOf(log, safe) ?? undeclaredIn(tags, [safe])
    const work = { requests: [safe], rejected }
    return E.flatMap(onlyOne)(await oneByOne(() => appendProjected(work)))
  }

  const appendOne = (safe: AppendRequest, epoch: number | undefined): Promise<Answer> =>
    inline.projections.length === 0
      ? Promise.resolve(appendNow(log, safe, otherSlotMap(slotMap, epoch), now()))
      : appendProjectedOne(safe, epoch)

  const appendTagged = (safe: AppendRequest, epoch: number | undefined): Promise<Answer> =>
    transaction((lock) => lock(tagsToLock({ streams: [safe] }), () => appendOne(safe, epoch)))

  type Together<Failure = never> = E.Either<Failure | AppendTogetherError, AppendedTogether>
  const appendAll = async (
    request: AppendTogetherRequest,
    lock: LockTags,
    epoch: number | undefined,
  ): Promise<Together> => {
    const error = appendTogetherError(request, limits)
    if (error !== undefined) return E.left(error)
    const { streams, condition } = request
    const safe = {
      streams: streams.map(taken),
      ...(condition === undefined ? {} : { condition: conditionCopy(condition) }),
    }
    const rejected = () =>
      otherSlotMap(slotMap, epoch) ?? rejectionOfAll(log, safe) ?? undeclaredIn(tags, safe.streams)
    const work = { requests: safe.streams, rejected }
    const stored = await lock(tagsToLock(safe), async () =>
      inline.projections.length === 0
        ? appendAllNow(log, work, now())
        : oneByOne(() => appendProjected(work)),
    )
    if (E.isLeft(stored)) return stored
    const sight = safe.condition && sightAfter(safe.condition, stored.right)
    return E.right({ streams: stored.right, ...(sight === undefined ? {} : { sight }) })
  }

  const readMatching: BoundaryStore['readMatching'] = (query, range) => () => {
    const problem = queryProblem(query) ?? (range.sight && sightProblem(range.sight))
    const error = problem === undefined ? incompleteIn(tags) : invalidQuery(problem)
    return Promise.resolve(
      error === undefined ? E.right(matchingPage(log, query, range)) : E.left(error),
    )
  }

  /** The appends of a writer that goes by the map of an epoch. */
  const appendsAt = (
    epoch: number | undefined,
  ): Pick<EventStore & BoundaryStore, 'append' | 'appendTogether' | 'appendLocked'> => {
    const append: EventStore['append'] = (request) => () => {
      const error = appendError(request, limits)
      if (error !== undefined) return Promise.resolve(E.left(error))
      const safe = taken(request)
      return isTagged(safe) ? appendTagged(safe, epoch) : appendOne(safe, epoch)
    }
    const appendLocked =
      <Failure>(
        likely: AppendTogetherRequest,
        decide: (read: typeof readMatching) => TaskEither<Failure, AppendTogetherRequest>,
      ) =>
      async (): Promise<Together<Failure>> => {
        const error = appendTogetherError(likely, limits)
        if (error !== undefined) return E.left(error)
        return transaction((lock) =>
          lock(tagsToLock(likely), async (): Promise<Together<Failure>> => {
            const decided = await decide(readMatching)()
            return E.isLeft(decided) ? decided : appendAll(decided.right, lock, epoch)
          }),
        )
      }
    return {
      append: hooks.hookedAppend(append),
      appendTogether: (request) => () =>
        hooks.hooked(
          request.streams,
          () => transaction((lock) => appendAll(request, lock, epoch)),
          ({ streams }) => streams,
        )(),
      appendLocked: hooks.hookedLocked(appendLocked),
    }
  }

  const store: EventStore & BoundaryStore = {
    ...appendsAt(undefined),
    declareTags: (category) => () => {
      const isKnown = log.events.some(
        (event) =>
          event !== undefined &&
          categoryOf(event.streamId) === category &&
          tagsAt(tags, event.position).length === 0,
      )
      const completeAfter = isKnown ? undefined : 0
      const declared = { category, completeAfter, rebuiltTo: 0, enforced: false }
      if (!tags.categories.has(category)) tags.categories.set(category, declared)
      return Promise.resolve(E.right(undefined))
    },
    afterAppend: hooks.afterAppend,
    readMatching,
    load: (request) => () => {
      const { streamId } = request
      const error = streamIdError(streamId) ?? erasedIn(log, streamId)
      return Promise.resolve(error === undefined ? E.right(load(log, request)) : E.left(error))
    },
    read: (streamId, range) => () =>
      reading(log, streamId, streamRangeProblem(range), () =>
        page(log, streamOf(log, streamId), range),
      ),
    readBackwards: (streamId, range) => () =>
      reading(log, streamId, backwardsRangeProblem(range), () =>
        backwardsPage(log, streamOf(log, streamId), range),
      ),
    version: (streamId) => () => {
      const error = streamIdError(streamId) ?? erasedIn(log, streamId)
      const { events } = streamOf(log, streamId)
      return Promise.resolve(error === undefined ? E.right(events.length) : E.left(error))
    },
    readAll: (range) => () => {
      const problem = storeRangeProblem(range)
      const incomplete = () =>
        range.tags === undefined ? undefined : incompleteIn(tags, range.categories)
      const error = problem === undefined ? incomplete() : invalidQuery(problem)
      return Promise.resolve(error === undefined ? E.right(storePage(log, range)) : E.left(error))
    },
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
  return {
    store,
    asShard: {
      ...slotMapOf(slotMap, oneByOne),
      storeBy: (epoch) => ({ ...store, ...appendsAt(epoch) }),
    },
  }
}
