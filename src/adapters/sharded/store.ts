import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendedTogether, AppendTogetherRequest } from '../../core/append-together'
import { byCodePoints } from '../../core/code-points'
import type { InvalidAppend } from '../../core/errors/invalid'
import type { StoreFailed } from '../../core/errors/store'
import type { AppendTogetherError } from '../../core/errors/unions'
import { appendHooks } from '../../core/ports/append-hooks'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { StreamStore, StreamsRange, StreamSummary } from '../../core/ports/event-store'
import { FIRST_EPOCH } from '../../core/slots'
import type { StreamId } from '../../core/stream'
import { setImmediate } from '../../platform/node'
import { type InForce, isOtherMap, type KnownMap, mayPass, overtaken, slotMoving } from './in-force'
import { misplaced } from './placement'
import { sourceName } from './source-name'

/** The store of a shard, or of all of them. */
export type ShardStore = StreamStore & BoundaryStore

/** The shard of a stream; `placement` is the application's, and may throw. */
const storeOf = (
  { locations, stores }: InForce<ShardStore>,
  streamId: StreamId,
): E.Either<StoreFailed, ShardStore> => {
  const store = E.tryCatch(() => stores[locations.shardOf(streamId)], misplaced)
  return E.isLeft(store) ? store : E.fromNullable(overtaken())(store.right)
}

const isTagged = (failed: unknown): failed is { readonly _tag: string } =>
  typeof failed === 'object' && failed !== null && '_tag' in failed

/** The streams of one shard that are not left over from what has moved to another one. */
const streamsOn = async (
  { map, locations, stores }: InForce<ShardStore>,
  shard: number,
  range: StreamsRange,
): Promise<E.Either<StoreFailed, ReadonlyArray<StreamSummary>>> => {
  const own: StreamSummary[] = []
  let { after } = range
  for (;;) {
    const page = await (stores[shard]?.streams({ ...range, after })() ?? E.right([]))
    if (E.isLeft(page)) return page
    const last = page.right.at(-1)
    const kept =
      map.epoch === FIRST_EPOCH
        ? page.right
        : page.right.filter(({ streamId }) => locations.shardOf(streamId) === shard)
    own.push(...kept)
    if (own.length >= range.limit || page.right.length < range.limit || last === undefined) {
      return E.right(own.slice(0, range.limit))
    }
    after = last.streamId
  }
}

/** One store over several shards, for commands: every call goes to the shard of its stream. */
export const shardedStore = (maps: KnownMap<ShardStore>): ShardStore => {
  const { afterAppend, hooked, hookedAppend, hookedLocked } = appendHooks(setImmediate)

  const readLater = async <Failure, Value>(
    streamId: StreamId,
    read: (store: ShardStore) => TaskEither<Failure, Value>,
  ): Promise<E.Either<Failure | StoreFailed, Value>> => {
    const inForce = await maps.recent()
    if (E.isLeft(inForce)) return inForce
    const store = storeOf(inForce.right, streamId)
    return E.isLeft(store) ? store : read(store.right)()
  }

  /** A read goes by the map that is known, which is some seconds old at most: what has moved away is deleted later. */
  const reading =
    <Failure, Value>(
      streamId: StreamId,
      read: (store: ShardStore) => TaskEither<Failure, Value>,
    ): TaskEither<Failure | StoreFailed, Value> =>
    () => {
      const known = maps.known()
      if (known !== undefined && maps.isRecent()) {
        const store = storeOf(known, streamId)
        return E.isLeft(store) ? Promise.resolve(store) : read(store.right)()
      }
      return readLater(streamId, read)
    }

  /** An append goes by the map that is known, and again by a newer one if the shard has another. */
  const appending = <Failure extends { readonly _tag: string }, Value>(
    append: (inForce: InForce<ShardStore>) => TaskEither<Failure, Value>,
  ): TaskEither<Failure | StoreFailed, Value> => {
    const again = () => maps.insisting((inForce) => append(inForce)())
    const known = maps.known()
    if (known === undefined) return again
    const first = append(known) // at once: a store copies what it is given before it answers
    return () =>
      first().then((answer): Promise<E.Either<Failure | StoreFailed, Value>> =>
        E.isRight(answer) || !mayPass(answer.left)
          ? Promise.resolve(answer)
          : maps.refresh().then((read) => (E.isLeft(read) ? read : again())),
      )
  }

  const appendBy = (
    inForce: InForce<ShardStore>,
    request: Parameters<StreamStore['append']>[0],
  ): ReturnType<StreamStore['append']> => {
    const { locations } = inForce
    const store = storeOf(inForce, request.streamId)
    if (E.isLeft(store)) return () => Promise.resolve(store)
    const apart = E.tryCatch(() => locations.tagsApart(request), misplaced)
    if (E.isLeft(apart)) return () => Promise.resolve(apart)
    const refused = locations.isMoving(request.streamId)
      ? slotMoving(request.streamId)
      : apart.right
    return refused === undefined
      ? store.right.append(request)
      : () => Promise.resolve(E.left(refused))
  }

  /** The one shard of an append to several streams, or why there is none. */
  const shardOfAll = (
    { locations }: InForce<ShardStore>,
    { streams, condition }: AppendTogetherRequest,
  ): E.Either<InvalidAppend | StoreFailed, number> => {
    const placed = E.tryCatch(() => {
      const shard = locations.shardOfAll(streams, condition?.query)
      if (E.isLeft(shard)) return shard
      const moving = streams.find(({ streamId }) => locations.isMoving(streamId))
      if (moving !== undefined) return E.left(slotMoving(moving.streamId))
      for (const stream of streams) {
        const apart = locations.tagsApart(stream)
        if (apart !== undefined) return E.left(apart)
      }
      return shard
    }, misplaced)
    return E.isLeft(placed) ? placed : placed.right
  }

  const togetherBy = (
    inForce: InForce<ShardStore>,
    request: AppendTogetherRequest,
  ): ReturnType<BoundaryStore['appendTogether']> => {
    const shard = shardOfAll(inForce, request)
    if (E.isLeft(shard)) return () => Promise.resolve(shard)
    const store = inForce.stores[shard.right]
    return store === undefined
      ? () => Promise.resolve(E.left(overtaken()))
      : store.appendTogether(request)
  }

  const appendLocked =
    <Failure>(
      likely: AppendTogetherRequest,
      decide: (
        readMatching: BoundaryStore['readMatching'],
      ) => TaskEither<Failure, AppendTogetherRequest>,
    ): TaskEither<Failure | AppendTogetherError, AppendedTogether> =>
    async () => {
      const inForce = await maps.ready()
      if (E.isLeft(inForce)) return inForce
      const shard = shardOfAll(inForce.right, likely)
      if (E.isLeft(shard)) return shard
      const store = inForce.right.stores[shard.right]
      if (store === undefined) return E.left(overtaken())
      const decideThere =
        (
          readMatching: BoundaryStore['readMatching'],
        ): TaskEither<Failure | InvalidAppend | StoreFailed, AppendTogetherRequest> =>
        async () => {
          const decided = await decide(readMatching)()
          if (E.isLeft(decided)) return decided
          const there = shardOfAll(inForce.right, decided.right)
          if (E.isLeft(there)) return there
          return there.right === shard.right ? decided : E.left(overtaken())
        }
      const answer = await store.appendLocked(likely, decideThere)()
      // It has been decided once: what was refused since then is for the caller to try again.
      if (E.isRight(answer) || !isTagged(answer.left) || !isOtherMap(answer.left)) return answer
      await maps.refresh()
      return E.left(overtaken())
    }

  return {
    append: hookedAppend((request) => appending((inForce) => appendBy(inForce, request))),
    load: (request) => reading(request.streamId, (store) => store.load(request)),
    read: (streamId, range) => reading(streamId, (store) => store.read(streamId, range)),
    readBackwards: (streamId, range) =>
      reading(streamId, (store) => store.readBackwards(streamId, range)),
    version: (streamId) => reading(streamId, (store) => store.version(streamId)),
    saveSnapshot: (snapshot) => reading(snapshot.streamId, (store) => store.saveSnapshot(snapshot)),
    streams: (range) => async () => {
      const inForce = await maps.ready()
      if (E.isLeft(inForce)) return inForce
      const pages = await Promise.all(
        inForce.right.stores.map((_, shard) => streamsOn(inForce.right, shard, range)),
      )
      const found: StreamSummary[] = []
      for (const page of pages) {
        if (E.isLeft(page)) return page
        found.push(...page.right)
      }
      found.sort((left, right) => byCodePoints(left.streamId, right.streamId))
      return E.right(found.slice(0, range.limit))
    },
    declareTags: (category) => async () => {
      const inForce = await maps.ready()
      if (E.isLeft(inForce)) return inForce
      for (const { declareTags } of inForce.right.stores) {
        const declared = await declareTags(category)()
        if (E.isLeft(declared)) return declared
      }
      return E.right(undefined)
    },
    sourceNameOf: (streamId) => {
      const known = maps.known()
      if (known === undefined) return undefined
      const shard = E.tryCatch(() => known.locations.shardOf(streamId), misplaced)
      return E.isLeft(shard) ? undefined : sourceName(shard.right)
    },
    afterAppend,
    appendTogether: (request) =>
      hooked(
        request.streams,
        appending((inForce) => togetherBy(inForce, request)),
        ({ streams }) => streams,
      ),
    appendLocked: hookedLocked(appendLocked),
    readMatching: (query, range) => async () => {
      const inForce = await maps.ready()
      if (E.isLeft(inForce)) return inForce
      const { locations, stores } = inForce.right
      const placed = E.tryCatch(() => locations.shardOfQuery(query), misplaced)
      if (E.isLeft(placed)) return placed
      if (E.isLeft(placed.right)) return placed.right
      const store = stores[placed.right.right]
      return store === undefined ? E.left(overtaken()) : store.readMatching(query, range)()
    },
  }
}
