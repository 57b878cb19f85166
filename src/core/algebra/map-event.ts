import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'
import type { Prism } from './prism'

/**
 * The same decider for a wider type of events: the events it decides are wrapped, and the events it
 * receives are unwrapped. For any other event, `evolve` returns the same state object.
 *
 * @example
 * pipe(account, mapEvent({
 *   wrap: (event: AccountEvent) => ({ source: 'account', event }),
 *   unwrap: (envelope) => (envelope.source === 'account' ? envelope.event : undefined),
 * }))
 */
export const mapEvent =
  <Outer, Inner>({ wrap, unwrap }: Prism<Outer, Inner>) =>
  <Command, State, Rejection>(
    decider: Decider<Command, State, Inner, Rejection>,
  ): Decider<Command, State, Outer, Rejection> => ({
    ...decider,
    decide: (command, state) => {
      const decision = decider.decide(command, state)
      return E.isLeft(decision) ? decision : E.right(decision.right.map((event) => wrap(event)))
    },
    evolve: (state, event) => {
      const ours = unwrap(event)
      return ours === undefined ? state : decider.evolve(state, ours)
    },
  })
