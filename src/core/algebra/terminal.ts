import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'

/** The story of this thing is over: it takes no more commands. */
export interface Terminated {
  readonly _tag: 'Terminated'
  readonly message: string
}
export const terminated: Terminated = {
  _tag: 'Terminated',
  message: 'It is over (its state is terminal): no more commands are taken.',
}

/**
 * Once the state is terminal, every command is rejected with {@link Terminated}. Guard a decider first,
 * and then combine it or make it `many`: each key has an end of its own.
 */
export const guardTerminal = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Decider<Command, State, Event, Rejection | Terminated> => ({
  ...decider,
  decide: (command, state) =>
    decider.isTerminal?.(state) === true ? E.left(terminated) : decider.decide(command, state),
})

/** Once the state is terminal, every command is ignored: no event, no rejection. */
export const ignoreTerminal = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Decider<Command, State, Event, Rejection> => ({
  ...decider,
  decide: (command, state) =>
    decider.isTerminal?.(state) === true ? E.right([]) : decider.decide(command, state),
})
