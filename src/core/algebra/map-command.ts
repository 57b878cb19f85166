import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'

/**
 * The same decider, speaking other commands: `toInner` translates each one before it is decided.
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
 * The same decider among commands that are not all its own: `select` picks out those that are. For one
 * that is not (`undefined`), nothing happens: no event, no rejection.
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
