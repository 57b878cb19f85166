import * as E from 'fp-ts/Either'
import { type Decider, replayFrom } from '../decider'

/** A Mealy machine: each command gives an output (the decision) and the next state. */
export interface Mealy<Command, State, Event, Rejection> {
  readonly initialState: State
  readonly step: (state: State, command: Command) => MealyStep<State, Event, Rejection>
}

/** One step of a {@link Mealy} machine. */
export interface MealyStep<State, Event, Rejection> {
  readonly state: State
  readonly decision: E.Either<Rejection, ReadonlyArray<Event>>
}

/**
 * The decider as a Mealy machine: for simulations, or wherever both state and events are needed.
 *
 * @example
 * const machine = toMealy(giftCard)
 * const { state, decision } = machine.step(machine.initialState, { type: 'IssueGiftCard', amount: 50 })
 */
export const toMealy = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Mealy<Command, State, Event, Rejection> => ({
  initialState: decider.initialState,
  step: (state, command) => {
    const decision = decider.decide(command, state)
    return E.isLeft(decision)
      ? { state, decision }
      : { state: replayFrom(decider, state, decision.right), decision }
  },
})

/** A reducer, as React's `useReducer` and Redux take it. */
export type Reducer<State, Command> = (state: State | undefined, command: Command) => State

/**
 * The decider as a reducer of commands: `useReducer(toReducer(cart), cart.initialState)`. A rejected
 * command returns the same state. A Redux reducer also receives actions of other features: filter them
 * out first, `toReducer(pipe(cart, filterCommand(cartCommandIn)))`. (A reducer of events is `evolve`
 * itself.)
 *
 * @example
 * const reducer = toReducer(giftCard)
 * const issued = reducer(undefined, { type: 'IssueGiftCard', amount: 50 })
 */
export const toReducer = <Command, State, Event>(
  decider: Decider<Command, State, Event, unknown>,
): Reducer<State, Command> => {
  const { step } = toMealy(decider)
  return (state = decider.initialState, command) => step(state, command).state
}

/** The rules without events: from a command and a state to the next state. */
export interface StateStored<Command, State, Rejection> {
  readonly initialState: State
  /** The next state, or the rejection of the command. */
  readonly decide: (command: Command, state: State) => E.Either<Rejection, State>
}

/**
 * The decider for a system that stores the state itself (in a row, for instance) and no events.
 *
 * @example
 * const { decide } = toStateStored(giftCard)
 * const next = decide({ type: 'RedeemGiftCard', amount: 20 }, { issued: true, balance: 50 })
 */
export const toStateStored = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): StateStored<Command, State, Rejection> => ({
  initialState: decider.initialState,
  decide: (command, state) => {
    const decision = decider.decide(command, state)
    return E.isLeft(decision) ? decision : E.right(replayFrom(decider, state, decision.right))
  },
})
