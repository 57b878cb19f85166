import * as E from 'fp-ts/Either'
import { LRUCache } from 'lru-cache'
import type { StreamId } from '../../core/stream'
import { catching } from '../catching'
import type { Versioned } from './replay'
import { unshared } from './unshared'

/** A state that was seen before. */
export interface Known<State> {
  readonly current: Versioned<State>
  /** Another writer is known to have written since: read what is new before deciding on it. */
  readonly outdated: boolean
}

/**
 * A least-recently-used cache of states. The version check of the append validates them. A cached state is
 * shared with no one: see {@link unshared}.
 */
export interface StateCache<State> {
  readonly get: (streamId: StreamId) => Known<State> | undefined
  readonly set: (streamId: StreamId, known: Known<State>) => void
  readonly forget: (streamId: StreamId) => void
}

/** @param most - how many states to cache. 0: none. */
export const stateCache = <State>(most: number): StateCache<State> => {
  if (most < 1) return { get: () => undefined, set: () => undefined, forget: () => undefined }
  const states = new LRUCache<StreamId, Known<State>>({ max: most })
  return {
    get: (streamId) => states.get(streamId),
    set: (streamId, { current: { state, version }, outdated }) => {
      const kept = catching(() => unshared(state))
      if (E.isLeft(kept)) states.delete(streamId)
      else states.set(streamId, { current: { state: kept.right, version }, outdated })
    },
    forget: (streamId) => void states.delete(streamId),
  }
}
