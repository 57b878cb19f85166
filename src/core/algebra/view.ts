import { mapKeys, withKey, keysOf } from './keyed'
import { type StateByKey, stateAt, withState } from './many'

/**
 * The pure part of a projection: an initial state, and how each event changes it. `evolve` is total and
 * mutates nothing; for an event of another view it returns the same state. Every decider is a view.
 */
export interface View<State, Event> {
  readonly initialState: State
  readonly evolve: (state: State, event: Event) => State
}

/**
 * The same view for a wider type of events: `select` returns the view's own events.
 *
 * @example
 * const select = (event: Enrolled | AccountEvent) => (event.type === 'Enrolled' ? event : undefined)
 * const counted = pipe(seats, mapViewEvent(select))
 */
export const mapViewEvent =
  <Outer, Inner>(select: (event: Outer) => Inner | undefined) =>
  <State>(view: View<State, Inner>): View<State, Outer> => ({
    initialState: view.initialState,
    evolve: (state, event) => {
      const ours = select(event)
      return ours === undefined ? state : view.evolve(state, ours)
    },
  })

/** A record of views, each with the state of its key. */
export type PartViews<States, Event> = {
  readonly [Key in keyof States]: View<States[Key], Event>
}

/** What `sideBySide` takes: views of the same events. All types are inferred from it. */
export type Views<States, Event> = PartViews<States, Event> & {
  readonly [key: string]: { readonly evolve: (state: never, event: Event) => unknown }
}

/**
 * Several views of the same events as one. Every part receives every event; views of different events
 * are brought to one type with {@link mapViewEvent} first. It is how a boundary sees an event that concerns several of
 * its parts; `combine` gives each event to one part.
 *
 * @example
 * sideBySide({
 *   courses: eachBy((event: Enrolled) => event.course)(seats),
 *   students: eachBy((event: Enrolled) => event.student)(bookings),
 * })
 */
export const sideBySide = <States extends object, Event>(
  views: Views<States, Event>,
): View<States, Event> => {
  const parts: PartViews<States, Event> = views
  const keys = keysOf(parts)
  return {
    initialState: mapKeys(parts, (key) => parts[key].initialState),
    evolve: (states, event) =>
      keys.reduce(
        (current, key) => withKey(current, key, parts[key].evolve(current[key], event)),
        states,
      ),
  }
}

const keysIn = (keys: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  keys === undefined ? [] : typeof keys === 'string' ? [keys] : [...new Set(keys)]

/**
 * One view for many things of the same kind: `keyOf` returns the key of the thing that an event is about, all of them if
 * it is about several, or `undefined` if it is about none.
 *
 * @example
 * const byCourse = eachBy((event: Enrolled) => event.course)(seats)
 */
export const eachBy =
  <Event>(keyOf: (event: Event) => string | ReadonlyArray<string> | undefined) =>
  <State>(view: View<State, Event>): View<StateByKey<State>, Event> => ({
    initialState: {},
    evolve: (states, event) =>
      keysIn(keyOf(event)).reduce(
        (current, key) =>
          withState(current, key, view.evolve(stateAt(current, key, view), event), view),
        states,
      ),
  })
