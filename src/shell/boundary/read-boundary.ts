import * as E from 'fp-ts/Either'
import type { Boundary } from '../../core/boundary'
import { type BoundaryQuery, type Sight, sightOf } from '../../core/boundary-query'
import type { BoundaryLoadError } from '../../core/errors/unions'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { StreamStore } from '../../core/ports/event-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { Position } from '../../core/stream'
import type { CategoryTypes } from '../category/command'
import type { CategorySettings } from '../category/settings'
import { observeLast } from '../state/load-state'
import {
  beginning,
  decodeEvent,
  evolveOnce,
  type ReplayError,
  type Versioned,
} from '../state/replay'
import type { StateCache } from '../state/state-cache'
import type { HomeDeclarations } from './declare-homes'

/** What every command of a boundary is handled with. */
export interface BoundaryRuntime<Of extends CategoryTypes> {
  readonly boundary: Boundary<Of['command'], Of['state'], Of['event'], Of['rejection']>
  readonly store: StreamStore & BoundaryStore
  readonly settings: CategorySettings
  readonly homes: HomeDeclarations
  /**
   * By their queries: states that are made of everything that matches up to a position, which stands as their version.
   * Nothing that matches can appear at or below it any more.
   */
  readonly states: StateCache<Remembered<Of['state']>>
}

/** A state in memory, and how many rebuilds of tags had begun when it was read: see `Sight`. */
export interface Remembered<State> extends Versioned<State> {
  readonly rebuilds: number
}

/** A state, of how many events it is made (`version`), and what has been seen of those that match its query. */
export interface Sighted<State> extends Versioned<State> {
  readonly sight: Sight
  /** Everything that matches at or below this position is in it, and nothing above. */
  readonly upTo: Position
}

/** The query as it is found in memory. */
const keyOf = (query: BoundaryQuery): string => JSON.stringify(query)

type Foldable<State, Event> = Pick<Boundary<never, State, Event, unknown>, 'decider' | 'events'>

/** Applies stored events, oldest first. */
export const fold = <State, Event>(
  boundary: Foldable<State, Event>,
  from: Versioned<State>,
  events: ReadonlyArray<StoredEvent>,
): E.Either<ReplayError, Versioned<State>> => {
  let current = from
  for (const stored of events) {
    const event = decodeEvent(boundary, stored)
    if (E.isLeft(event)) return event
    const next = evolveOnce(boundary, stored.streamId, current, event.right)
    if (E.isLeft(next)) return next
    current = next.right
  }
  return E.right(current)
}

/** The state in memory; `undefined` if there is none, or if something may have come since. */
export const recalled = <Of extends CategoryTypes>(
  { states }: BoundaryRuntime<Of>,
  query: BoundaryQuery,
): Sighted<Of['state']> | undefined => {
  const known = states.get(keyOf(query))
  if (known === undefined || known.outdated) return undefined
  const { state: remembered, version: after } = known
  const { state, version, rebuilds } = remembered
  return { state, version, sight: sightOf(after, 0, rebuilds), upTo: after }
}

/** The state after an append of our own: everything that matches and comes later stands above it. */
export const remember = <Of extends CategoryTypes>(
  { states }: BoundaryRuntime<Of>,
  query: BoundaryQuery,
  { state, version }: Versioned<Of['state']>,
  { after, rebuilds = 0 }: Sight,
): void => states.set(keyOf(query), { state: { state, version, rebuilds }, version: after })

/** Something has come: read on before the next decision. `position` 0: something that was seen is missing. */
export const outdate = <Of extends CategoryTypes>(
  { states }: BoundaryRuntime<Of>,
  query: BoundaryQuery,
  position: Position,
): void => {
  const key = keyOf(query)
  const known = states.get(key)
  if (known === undefined) return
  if (position === 0) states.forget(key)
  else states.setOutdated(key, known)
}

/**
 * The state of now, read on from the one in memory. What is kept is the state up to a position below which nothing can
 * appear any more; what lies above it is read again the next time.
 *
 * @param readMatching - of the store, or of a transaction of it.
 */
export const readState = async <Of extends CategoryTypes>(
  runtime: BoundaryRuntime<Of>,
  query: BoundaryQuery,
  readMatching: BoundaryStore['readMatching'] = runtime.store.readMatching,
): Promise<E.Either<BoundaryLoadError, Sighted<Of['state']>>> => {
  const { boundary, settings, states } = runtime
  const key = keyOf(query)
  const known = states.get(key)
  let base: Versioned<Of['state']> = known?.state ?? beginning(boundary)
  let sight = sightOf(known?.version ?? 0, 0, known?.state.rebuilds ?? 0)
  for (;;) {
    const page = await readMatching(query, { sight, limit: settings.pageSize })()
    if (E.isLeft(page)) return page
    const { events, more, sight: seen } = page.right
    const above = events.findIndex(({ position }) => position > seen.after)
    const split = above === -1 ? events.length : above
    const settled = fold(boundary, base, events.slice(0, split))
    if (E.isLeft(settled)) return settled
    observeLast(settings, boundary.name, events)
    base = settled.right
    sight = seen
    if (more) continue
    const current = fold(boundary, base, events.slice(split))
    if (E.isLeft(current)) return current
    const newest = states.get(key)
    // Not over a later state that a command has led to meanwhile.
    if (newest === undefined || newest.version <= sight.after) {
      const { state, version } = base
      const rebuilds = sight.rebuilds ?? 0
      const kept = { state: { state, version, rebuilds }, version: sight.after }
      if (sight.count === 0) states.set(key, kept)
      else states.setOutdated(key, kept)
    }
    const upTo = Math.max(sight.after, events.at(-1)?.position ?? 0)
    return E.right({ ...current.right, sight, upTo })
  }
}

/** The state as it was after the events up to a position. */
export const stateUpTo = async <Of extends CategoryTypes>(
  { boundary, store, settings }: BoundaryRuntime<Of>,
  query: BoundaryQuery,
  position: Position,
): Promise<E.Either<BoundaryLoadError, Versioned<Of['state']>>> => {
  let current: Versioned<Of['state']> = beginning(boundary)
  let sight: Sight = { after: 0, count: 0 }
  for (;;) {
    const page = await store.readMatching(query, { sight, limit: settings.pageSize })()
    if (E.isLeft(page)) return page
    const { events, more, sight: seen } = page.right
    const earlier = events.filter((event) => event.position <= position)
    const next = fold(boundary, current, earlier)
    if (E.isLeft(next) || !more || earlier.length < events.length) return next
    current = next.right
    sight = seen
  }
}
