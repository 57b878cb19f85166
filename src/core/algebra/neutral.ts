import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'

/** An empty state. */
export type NeutralState = Readonly<Record<string, never>>

/**
 * The decider without commands and events: the neutral element of `combine`. It is terminal from the
 * start, so that a combination with it is terminal when the other parts are.
 */
export const neutral: Decider<never, NeutralState, never, never> = {
  initialState: {},
  decide: (command) => E.left(command),
  evolve: (state) => state,
  isTerminal: () => true,
}
