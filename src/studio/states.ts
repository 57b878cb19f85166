import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { LRUCache } from 'lru-cache'
import type { Category } from '../core/category'
import { versionNotReached, type VersionNotReached } from '../core/errors/replay'
import type { ReadError } from '../core/errors/unions'
import type { StreamStore } from '../core/ports/event-store'
import { neverInvalid } from '../core/ports/never-invalid'
import type { StreamId, StreamVersion } from '../core/stream'
import { beginning, type ReplayError, replayStored, type Versioned } from '../shell/state/replay'

/** A category whose command, state, event and rejection types only its own functions know. */
export type AnyCategory = Category<unknown, unknown, unknown, unknown>

export type StateError = ReplayError | ReadError | VersionNotReached

/** The state at a version, and the one before it. */
export interface StateAndBefore {
  readonly at: Versioned<unknown>
  /** Of version 0 it is the same. */
  readonly before: Versioned<unknown>
}

/** Events in one page, and between two states that are kept. */
const PAGE = 200
/** How many streams have states that are kept, and for how long (milliseconds): a slider asks for many of one. */
const STREAMS = 20
const KEPT = 60_000

/**
 * States of streams at any version, by the application's own deciders. Every 200th state is kept for a minute: a slider
 * that moves does not replay from the beginning each time.
 */
export const openStates = (store: Pick<StreamStore, 'read'>) => {
  const kept = new LRUCache<string, ReadonlyArray<Versioned<unknown>>>({ max: STREAMS, ttl: KEPT })

  const keep = (streamId: StreamId, state: Versioned<unknown>): void => {
    const others = kept.get(streamId) ?? []
    if (others.some(({ version }) => version === state.version)) return
    kept.set(streamId, [...others, state], { noUpdateTTL: others.length > 0 })
  }
  const nearest = (category: AnyCategory, streamId: StreamId, version: StreamVersion) =>
    (kept.get(streamId) ?? [])
      .filter((state) => state.version <= version)
      .reduce((best, state) => (state.version > best.version ? state : best), beginning(category))

  const replayTo = async (
    category: AnyCategory,
    streamId: StreamId,
    version: StreamVersion,
  ): Promise<E.Either<StateError, Versioned<unknown>>> => {
    let current = nearest(category, streamId, version)
    while (current.version < version) {
      // Up to a multiple of the page's size, so that the same states are kept whatever was asked for.
      const limit = PAGE - (current.version % PAGE)
      const range = { after: current.version, upTo: version, limit }
      const page = await neverInvalid(store.read(streamId, range))()
      if (E.isLeft(page)) return page
      const replayed = replayStored(category, current, page.right.events)
      if (E.isLeft(replayed)) return replayed
      if (replayed.right.version === current.version) {
        return E.left(versionNotReached(streamId, version, current.version))
      }
      current = replayed.right
      if (current.version % PAGE === 0) keep(streamId, current)
    }
    return E.right(current)
  }

  return (
      category: AnyCategory,
      streamId: StreamId,
      version: StreamVersion,
    ): TaskEither<StateError, StateAndBefore> =>
    async () => {
      const before = await replayTo(category, streamId, Math.max(0, version - 1))
      if (E.isLeft(before) || version === 0) {
        return E.map((at: Versioned<unknown>): StateAndBefore => ({ at, before: at }))(before)
      }
      const range = { after: version - 1, upTo: version, limit: 1 }
      const last = await neverInvalid(store.read(streamId, range))()
      if (E.isLeft(last)) return last
      const at = replayStored(category, before.right, last.right.events)
      if (E.isLeft(at)) return at
      return at.right.version === version
        ? E.right({ at: at.right, before: before.right })
        : E.left(versionNotReached(streamId, version, at.right.version))
    }
}

/** States of streams: see {@link openStates}. */
export type States = ReturnType<typeof openStates>
