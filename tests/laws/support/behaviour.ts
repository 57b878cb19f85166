import * as E from 'fp-ts/Either'
import type { Decider } from 'reprise'

/** Freezes a value and everything in it, so that whoever changes it throws. */
export const freeze = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}

/** The same decider, with everything that goes in or comes out deep-frozen. */
export const frozen = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Decider<Command, State, Event, Rejection> => ({
  ...decider,
  initialState: freeze(decider.initialState),
  decide: (command, state) => freeze(decider.decide(freeze(command), freeze(state))),
  evolve: (state, event) => freeze(decider.evolve(freeze(state), freeze(event))),
})

export interface Step<State, Event, Rejection> {
  readonly decision: E.Either<Rejection, ReadonlyArray<Event>>
  readonly state: State
  readonly isTerminal: boolean
}

/** Everything that can be seen of a decider while it decides `commands`, on frozen inputs. */
export const trace = <Command, State, Event, Rejection>(
  unfrozen: Decider<Command, State, Event, Rejection>,
  commands: ReadonlyArray<Command>,
): ReadonlyArray<Step<State, Event, Rejection>> => {
  const decider = frozen(unfrozen)
  const look = (decision: Step<State, Event, Rejection>['decision'], state: State) => ({
    decision,
    state,
    isTerminal: decider.isTerminal?.(state) === true,
  })
  let state = decider.initialState
  const steps = [look(E.right([]), state)]
  for (const command of commands) {
    const decision = decider.decide(command, state)
    if (E.isRight(decision))
      for (const event of decision.right) state = decider.evolve(state, event)
    steps.push(look(decision, state))
  }
  return steps
}

/** Every state on the way while `events` are played. */
export const path = <State, Event>(
  view: { readonly initialState: State; readonly evolve: (state: State, event: Event) => State },
  events: ReadonlyArray<Event>,
): ReadonlyArray<State> => {
  const states = [freeze(view.initialState)]
  for (const event of events) states.push(freeze(view.evolve(states.at(-1)!, freeze(event))))
  return states
}
