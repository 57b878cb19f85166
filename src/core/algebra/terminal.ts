import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'

/** The state is terminal: commands are no longer accepted. */
export interface Terminated {
  readonly _tag: 'Terminated'
  readonly message: string
}
/** The rejection {@link Terminated}, as {@link guardTerminal} gives it. */
export const terminated: Terminated = {
  _tag: 'Terminated',
  message: 'This stream is in a terminal state; commands are no longer accepted.',
}

/**
 * Once the state is terminal, every command is rejected with {@link Terminated}. Guard a decider before
 * you combine it or make it `many`, so that each key ends by itself.
 *
 * @example
 * const accounts = pipe(account, guardTerminal, many)
 */
export const guardTerminal = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Decider<Command, State, Event, Rejection | Terminated> => ({
  ...decider,
  decide: (command, state) =>
    decider.isTerminal?.(state) === true ? E.left(terminated) : decider.decide(command, state),
})

/**
 * Once the state is terminal, every command is ignored: no event, no rejection.
 *
 * @example
 * const accounts = pipe(account, ignoreTerminal, many)
 */
export const ignoreTerminal = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Decider<Command, State, Event, Rejection> => ({
  ...decider,
  decide: (command, state) =>
    decider.isTerminal?.(state) === true ? E.right([]) : decider.decide(command, state),
})
