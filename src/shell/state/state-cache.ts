import { LRUCache } from 'lru-cache'
import type { EventStore } from '../../core/ports/event-store'
import type { StreamId } from '../../core/stream'
import { isPlain } from '../../core/json'
import type { CategorySettings } from '../category/settings'
import type { Versioned } from './replay'
import { shortLived } from './short-lived'
import { unshared } from './unshared'

/** A state that was seen before. */
export interface Known<State> extends Versioned<State> {
  /** Another writer is known to have written since: read what is new before deciding on it. */
  readonly outdated: boolean
  /** An estimate of its size in memory. */
  readonly size: number
}

/**
 * A least-recently-used cache of states. The version check of the append validates them. A cached state is
 * shared with no one: see {@link unshared}.
 */
export interface StateCache<State> {
  readonly get: (streamId: StreamId) => Known<State> | undefined
  readonly set: (streamId: StreamId, current: Versioned<State>) => void
  /** The same for a state after which another writer is known to have written. */
  readonly setOutdated: (streamId: StreamId, current: Versioned<State>) => void
  readonly forget: (streamId: StreamId) => void
}

/** What the cache holds. Replacing the state in it, at the same size, takes far less than replacing the entry. */
interface Entry<State> {
  known: Known<State>
}

/** The same as {@link sizeOf} of a record without lists or records in it, in next to no memory. */
const flatSize = (state: object): number | undefined => {
  if (!isPlain(state)) return undefined
  let size = 16
  for (const key in state) {
    const value: unknown = state[key]
    if (typeof value === 'object' && value !== null) return undefined
    size += key.length + (typeof value === 'string' ? value.length + 16 : 16)
  }
  return size
}

/** An estimate of the size of a state: the lengths of its texts and keys, and 16 for everything else in it. */
const sizeOf = (state: unknown): number => {
  const flat = typeof state === 'object' && state !== null ? flatSize(state) : undefined
  if (flat !== undefined) return flat
  const seen = new Set<unknown>()
  const left = [state]
  let size = 0
  while (left.length > 0) {
    const value = left.pop()
    size += typeof value === 'string' ? value.length + 16 : 16
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (ArrayBuffer.isView(value)) size += value.byteLength
    else if (Array.isArray(value) || value instanceof Set) for (const item of value) left.push(item)
    else if (value instanceof Map) for (const [key, item] of value) left.push(key, item)
    else {
      for (const [key, item] of Object.entries(value)) {
        size += key.length
        left.push(item)
      }
    }
  }
  return size
}

/** Whether it is worth measuring again: most states at most double when their version doubles. */
const isFarther = (version: number, before: number): boolean =>
  Math.clz32(version) < Math.clz32(before)

/** How much is cached, and for how long. */
type CacheSettings = Pick<CategorySettings, 'cachedStates' | 'cachedStatesSize'> & {
  readonly store: Pick<EventStore, 'stateLifetime'>
}

export const stateCache = <State>({
  cachedStates,
  cachedStatesSize,
  store: { stateLifetime },
}: CacheSettings): StateCache<State> => {
  const nothing = (): undefined => undefined
  if (cachedStates === 0 || cachedStatesSize === 0 || stateLifetime?.maxAge === 0) {
    return { get: nothing, set: nothing, setOutdated: nothing, forget: nothing }
  }
  const states = new LRUCache<StreamId, Entry<State>>({
    max: cachedStates,
    maxSize: cachedStatesSize,
    sizeCalculation: ({ known: { size } }) => size,
    ...(stateLifetime && { ttl: stateLifetime.maxAge, ttlAutopurge: true }),
  })
  const keep = (
    streamId: StreamId,
    { state, version }: Versioned<State>,
    outdated: boolean,
  ): void => {
    const entry = states.peek(streamId)
    try {
      const own = unshared(state)
      if (
        entry !== undefined &&
        version >= entry.known.version &&
        !isFarther(version, entry.known.version)
      ) {
        entry.known = { state: own, version, outdated, size: entry.known.size }
      } else {
        const made = { known: { state: own, version, outdated, size: sizeOf(own) } }
        // What is made of an older state is no younger.
        const isYounger = entry === undefined || stateLifetime === undefined
        states.set(streamId, made, isYounger ? {} : { ttl: states.getRemainingTTL(streamId) })
      }
    } catch {
      // The state throws when it is read.
      states.delete(streamId)
    }
  }
  const cache: StateCache<State> = {
    get: (streamId) => states.get(streamId)?.known,
    set: (streamId, current) => keep(streamId, current, false),
    setOutdated: (streamId, current) => keep(streamId, current, true),
    forget: (streamId) => void states.delete(streamId),
  }
  return stateLifetime === undefined
    ? cache
    : shortLived(cache, stateLifetime, { cachedStates, clear: () => states.clear() })
}
