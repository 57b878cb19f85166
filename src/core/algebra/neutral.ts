import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'

/** A state with nothing in it. */
export type NeutralState = Readonly<Record<string, never>>

/**
 * The decider that takes no command, and gives no event. Combined with any other, it changes nothing
 * about it. It is terminal from the start: a combination is then terminal when the others are.
 */
export const neutral: Decider<never, NeutralState, never, never> = {
  initialState: {},
  decide: (command) => E.left(command),
  evolve: (state) => state,
  isTerminal: () => true,
}
