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
import { invalidQuery } from '../../core/errors/invalid'
import type { ProjectionFailed } from '../../core/errors/store'
import type { AppendTogetherError } from '../../core/errors/unions'
import type { Limits } from '../../core/limits'
import { storableCopies } from '../../core/document-key'
import { appendHooks } from '../../core/ports/append-hooks'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { EventStore } from '../../core/ports/event-store'
import type { ShardPart } from '../../core/ports/shard'
import { storeRangeProblem } from '../../core/read-range'
import { categoryOf, streamIdError } from '../../core/stream'
import { type ReadArchived, readArchivedFrom } from '../../archive/archived-events'
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
import { emptyLog, type MemoryLineage, type MemoryLog } from './log'
import { type MemoryInline, projected } from './projections'
import { queue } from './queue'
import { type MemorySlotMap, otherSlotMap, slotMapOf } from './slot-map'
import { emptyTagIndex, incompleteIn, type TagIndex, tagsAt, undeclaredIn } from './tag-index'
import { type LockTags, tagLocks, tagsToLock } from './tag-locks'
import { keepSnapshot, storePage, streamPage } from './reads'
import { streamReads } from './stream-reads'

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
  /** Reads archived streams that are in files. Default: none is. */
  readonly readArchived?: ReadArchived
  /** What is stored, of which the operator can erase streams. Default: nothing. */
  readonly log?: MemoryLog
}

/** A store, and what it can do as one of several shards. */
export interface MemoryStore {
  readonly store: EventStore & BoundaryStore
  readonly asShard: ShardPart<EventStore & BoundaryStore>
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
  readArchived = readArchivedFrom(undefined),
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
    stamp: number | undefined,
  ): Promise<Answer> => {
    const rejected = () =>
      otherSlotMap(slotMap, stamp) ?? rejectionOf(log, safe) ?? undeclaredIn(tags, [safe])
    const work = { requests: [safe], rejected }
    return E.flatMap(onlyOne)(await oneByOne(() => appendProjected(work)))
  }

  const appendOne = (safe: AppendRequest, stamp: number | undefined): Promise<Answer> =>
    inline.projections.length === 0
      ? Promise.resolve(appendNow(log, safe, otherSlotMap(slotMap, stamp), now()))
      : appendProjectedOne(safe, stamp)

  const appendTagged = (safe: AppendRequest, stamp: number | undefined): Promise<Answer> =>
    transaction((lock) => lock(tagsToLock({ streams: [safe] }), () => appendOne(safe, stamp)))

  type Together<Failure = never> = E.Either<Failure | AppendTogetherError, AppendedTogether>
  const appendAll = async (
    request: AppendTogetherRequest,
    lock: LockTags,
    stamp: number | undefined,
  ): Promise<Together> => {
    const error = appendTogetherError(request, limits)
    if (error !== undefined) return E.left(error)
    const { streams, condition } = request
    const safe = {
      streams: streams.map(taken),
      ...(condition === undefined ? {} : { condition: conditionCopy(condition) }),
    }
    const rejected = () =>
      otherSlotMap(slotMap, stamp) ?? rejectionOfAll(log, safe) ?? undeclaredIn(tags, safe.streams)
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

  /** The appends of a writer that goes by a map. */
  const appendsAt = (
    stamp: number | undefined,
  ): Pick<EventStore & BoundaryStore, 'append' | 'appendTogether' | 'appendLocked'> => {
    const append: EventStore['append'] = (request) => () => {
      const error = appendError(request, limits)
      if (error !== undefined) return Promise.resolve(E.left(error))
      const safe = taken(request)
      return isTagged(safe) ? appendTagged(safe, stamp) : appendOne(safe, stamp)
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
            return E.isLeft(decided) ? decided : appendAll(decided.right, lock, stamp)
          }),
        )
      }
    return {
      append: hooks.hookedAppend(append),
      appendTogether: (request) => () =>
        hooks.hooked(
          request.streams,
          () => transaction((lock) => appendAll(request, lock, stamp)),
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
    ...streamReads(log, readArchived),
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
      storeBy: (stamp) => ({ ...store, ...appendsAt(stamp) }),
    },
  }
}
