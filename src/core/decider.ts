import type { Either } from 'fp-ts/Either'

/**
 * The rules of one kind of stream. `decide` answers "what should happen?"; `evolve` answers "what is
 * true now?". Neither reads a clock, a random source or a database: the command brings what they need.
 *
 * - `decide` gives the events in the order in which they happened. An empty list is a valid decision:
 *   there is nothing to do.
 * - `evolve` is total and mutates nothing. An event that is not ours leaves the state as it is.
 * - `isTerminal` says that the story is over: {@link guardTerminal} refuses commands from then on.
 *
 * Source: J. Chassaing, "Functional Event Sourcing Decider", 2021-12-17,
 * https://thinkbeforecoding.com/post/2021/12/17/functional-event-sourcing-decider
 */
export interface Decider<Command, State, Event, Rejection> {
  readonly initialState: State
  readonly decide: (command: Command, state: State) => Either<Rejection, ReadonlyArray<Event>>
  readonly evolve: (state: State, event: Event) => State
  readonly isTerminal?: (state: State) => boolean
}

/** The half of a decider that reads: enough to play events again. */
export type Evolver<State, Event> = Pick<
  Decider<never, State, Event, unknown>,
  'initialState' | 'evolve'
>

/** The state after `events` (oldest first), starting from `decider.initialState`. */
export const replay = <State, Event>(
  decider: Evolver<State, Event>,
  events: ReadonlyArray<Event>,
): State => replayFrom(decider, decider.initialState, events)

/** The state after `events` (oldest first), starting from `state`. */
export const replayFrom = <State, Event>(
  decider: Pick<Evolver<State, Event>, 'evolve'>,
  state: State,
  events: ReadonlyArray<Event>,
): State => events.reduce((current, event) => decider.evolve(current, event), state)
