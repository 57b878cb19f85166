import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { LRUCache } from 'lru-cache'
import type { Category } from '../core/category'
import { versionNotReached, type VersionNotReached } from '../core/errors/replay'
import type { ReadError } from '../core/errors/unions'
import type { StreamPage, StreamStore } from '../core/ports/event-store'
import type { StoredEvent } from '../core/recorded-event'
import { withoutSealed } from '../core/sealed-value'
import { neverInvalid } from '../core/ports/never-invalid'
import type { StreamId, StreamVersion } from '../core/stream'
import {
  beginning,
  isBeginning,
  type ReplayError,
  replayStored,
  truncated,
  type Versioned,
} from '../shell/state/replay'

/** A category whose command, state, event and rejection types only its own functions know. */
export type AnyCategory = Category<unknown, unknown, unknown, unknown>

export type StateError = ReplayError | ReadError | VersionNotReached

/** Whether the state cannot be known, ever: its events do not decode, its decider throws, or they were replaced by a summary. */
export const isUnknown = (error: StateError): boolean =>
  error._tag === 'UndecodableEvent' ||
  error._tag === 'DeciderThrew' ||
  (error._tag === 'StoreFailed' && error.reason === 'Truncated')

/** The state at a version, and the one before it. */
export interface StateAndBefore {
  readonly at: Versioned<unknown>
  /** Of version 0 it is the same; of a summary that the stream begins with, the initial state. */
  readonly before: Versioned<unknown>
}

/** Events in one page, and between two states that are kept. */
const PAGE = 200
/** How many streams have states that are kept, and for how long (milliseconds): a slider asks for many of one. */
const STREAMS = 20
const KEPT = 60_000

/**
 * States of streams at any version, by the application's own deciders. Every 200th state is kept for a minute: a slider
 * that moves does not replay from the beginning each time. What is sealed reads as if it were forgotten: there are no keys here.
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

  const page = async (
    streamId: StreamId,
    range: Parameters<StreamStore['read']>[1],
  ): Promise<E.Either<ReadError, ReadonlyArray<StoredEvent>>> => {
    const read = await neverInvalid(store.read(streamId, range))()
    return E.map(({ events }: StreamPage) => events.map(withoutSealed))(read)
  }

  /** Why there is no event after a version, though a later one was asked for. */
  const missing = async (
    streamId: StreamId,
    version: StreamVersion,
    reached: StreamVersion,
  ): Promise<StateError> => {
    const first = await page(streamId, { after: 0, limit: 1 })
    if (E.isLeft(first)) return first.left
    const [event] = first.right
    return event !== undefined && isBeginning(event) && event.version > version
      ? truncated(streamId, event.version)
      : versionNotReached(streamId, version, reached)
  }

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
      const events = await page(streamId, range)
      if (E.isLeft(events)) return events
      const replayed = replayStored(category, current, events.right)
      if (E.isLeft(replayed)) return replayed
      if (replayed.right.version === current.version) {
        return E.left(await missing(streamId, version, current.version))
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
      if (version === 0) return E.right({ at: beginning(category), before: beginning(category) })
      const last = await page(streamId, { after: version - 1, upTo: version, limit: 1 })
      if (E.isLeft(last)) return last
      const before = last.right.some(isBeginning)
        ? E.right(beginning(category))
        : await replayTo(category, streamId, version - 1)
      if (E.isLeft(before)) return before
      const at = replayStored(category, before.right, last.right)
      if (E.isLeft(at)) return at
      return at.right.version === version
        ? E.right({ at: at.right, before: before.right })
        : E.left(await missing(streamId, version, at.right.version))
    }
}

/** States of streams: see {@link openStates}. */
export type States = ReturnType<typeof openStates>
