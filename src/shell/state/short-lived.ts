import { LRUCache } from 'lru-cache'
import type { StateLifetime } from '../../core/ports/event-store'
import type { StreamId } from '../../core/stream'
import { performance } from '../../platform/node'
import type { StateCache } from './state-cache'

/** Since when a state, or the one that it was made of, is in memory. */
interface Origin {
  readonly since: number
  readonly epoch: number
}

/** What the cache of {@link shortLived} needs beside it. */
interface Beneath {
  readonly cachedStates: number
  readonly clear: () => void
}

/**
 * A cache in which a state lives for a time, and no longer than until something is forgotten; and so does what was made of it:
 * a command that has begun on a state that is not valid any more puts nothing back. The next one loads, and begins anew.
 */
export const shortLived = <State>(
  cache: StateCache<State>,
  { maxAge, epoch }: StateLifetime,
  { cachedStates, clear }: Beneath,
): StateCache<State> => {
  const origins = new LRUCache<StreamId, Origin>({ max: cachedStates })
  let seen = epoch()

  const now = (): Origin => ({ since: performance.now(), epoch: epoch() })

  const isValid = (origin: Origin): boolean =>
    origin.epoch === epoch() && performance.now() - origin.since < maxAge

  const put =
    (set: StateCache<State>['set']): StateCache<State>['set'] =>
    (streamId, current) => {
      const origin = origins.get(streamId) ?? now()
      if (!isValid(origin)) return
      origins.set(streamId, origin)
      set(streamId, current)
    }

  return {
    get: (streamId) => {
      if (seen !== epoch()) {
        seen = epoch()
        clear()
      }
      const origin = origins.get(streamId)
      const known = origin !== undefined && isValid(origin) ? cache.get(streamId) : undefined
      if (known === undefined) {
        cache.forget(streamId)
        // Whoever asks loads now: what was forgotten meanwhile may be in what is found.
        origins.set(streamId, now())
      }
      return known
    },
    set: put(cache.set),
    setOutdated: put(cache.setOutdated),
    forget: (streamId) => {
      cache.forget(streamId)
      origins.delete(streamId)
    },
  }
}
