import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'

/**
 * The same decider for another type of commands: `toInner` translates each command before it is decided.
 *
 * @example
 * pipe(account, mapCommand((cents: number) => ({ type: 'DepositMoney', amount: cents })))
 */
export const mapCommand =
  <Outer, Inner>(toInner: (command: Outer) => Inner) =>
  <State, Event, Rejection>(
    decider: Decider<Inner, State, Event, Rejection>,
  ): Decider<Outer, State, Event, Rejection> => ({
    ...decider,
    decide: (command, state) => decider.decide(toInner(command), state),
  })

/**
 * The same decider for a wider type of commands: `select` returns the decider's own commands. For any
 * other command (`undefined`) nothing happens: no event, no rejection.
 */
export const filterCommand =
  <Outer, Inner>(select: (command: Outer) => Inner | undefined) =>
  <State, Event, Rejection>(
    decider: Decider<Inner, State, Event, Rejection>,
  ): Decider<Outer, State, Event, Rejection> => ({
    ...decider,
    decide: (command, state) => {
      const ours = select(command)
      return ours === undefined ? E.right([]) : decider.decide(ours, state)
    },
  })
