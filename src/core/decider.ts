import * as E from 'fp-ts/Either'
import type { Either } from 'fp-ts/Either'
import type { View } from './algebra/view'

/**
 * The rules of one kind of stream. `decide` answers "what should happen?"; `evolve` answers "what is
 * true now?". Neither reads a clock, a random source or a database: the command brings what they need.
 *
 * - `decide` returns the events in the order in which they happened. An empty list is a valid decision:
 *   there is nothing to do.
 * - `evolve` is total and mutates nothing. For an event of another decider it returns the same state.
 * - `isTerminal` says that nothing more will happen: {@link guardTerminal} rejects commands from then on.
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

/**
 * The decision that these events happen, in this order; without events, that there is nothing to do. The same as
 * `E.right` of fp-ts.
 *
 * @example
 * accept({ type: 'GiftCardIssued', amount: 50 })
 */
export const accept = <Event>(
  ...events: ReadonlyArray<Event>
): Either<never, ReadonlyArray<Event>> => E.right(events)

/**
 * The decision that the command is rejected, and why. The same as `E.left` of fp-ts.
 *
 * @example
 * reject({ _tag: 'BalanceTooLow', balance: 10 })
 */
export const reject = <Rejection>(rejection: Rejection): Either<Rejection, never> =>
  E.left(rejection)

/**
 * The state after `events` (oldest first), starting from the initial state. Every decider is a view. Throws only
 * what `evolve` throws.
 *
 * @example
 * replay(giftCard, [{ type: 'GiftCardIssued', amount: 50 }]) // { issued: true, balance: 50 }
 */
export const replay = <State, Event>(
  view: View<State, Event>,
  events: ReadonlyArray<Event>,
): State => replayFrom(view, view.initialState, events)

/**
 * The state after `events` (oldest first), starting from `state`. Throws only what `evolve` throws.
 *
 * @example
 * const opened = { issued: true, balance: 50 }
 * replayFrom(giftCard, opened, [{ type: 'GiftCardRedeemed', amount: 20 }]) // { issued: true, balance: 30 }
 */
export const replayFrom = <State, Event>(
  view: Pick<View<State, Event>, 'evolve'>,
  state: State,
  events: ReadonlyArray<Event>,
): State => events.reduce((current, event) => view.evolve(current, event), state)
