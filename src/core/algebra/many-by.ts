import type { Decider } from '../decider'
import { type StateByKey, stateAt, withState } from './many'

/** How to read the key of a command and of an event. An event has the key of its command. */
export interface KeyIn<Command, Event> {
  readonly command: (command: Command) => string
  readonly event: (event: Event) => string
}

/**
 * Like `many`, for commands and events that contain their key: nothing is wrapped, and they are stored
 * as they are.
 *
 * @example
 * const seats = pipe(
 *   seat,
 *   manyBy({ command: ({ row }: SeatCommand) => row, event: ({ row }: SeatEvent) => row }),
 * )
 */
export const manyBy =
  <Command, Event>(keyIn: KeyIn<Command, Event>) =>
  <State, Rejection>(
    decider: Decider<Command, State, Event, Rejection>,
  ): Decider<Command, StateByKey<State>, Event, Rejection> => ({
    initialState: {},
    decide: (command, states) =>
      decider.decide(command, stateAt(states, keyIn.command(command), decider)),
    evolve: (states, event) => {
      const key = keyIn.event(event)
      const state = decider.evolve(stateAt(states, key, decider), event)
      return withState(states, key, state, decider)
    },
  })
