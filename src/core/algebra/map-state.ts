import type { Decider } from '../decider'
import type { Iso } from './prism'

/**
 * The same decider with its state in another form. The conversion must lose nothing (see {@link Iso}).
 * When the rules return the same state, so does the result.
 */
export const mapState =
  <Outer, Inner>({ wrap, unwrap }: Iso<Outer, Inner>) =>
  <Command, Event, Rejection>(
    decider: Decider<Command, Inner, Event, Rejection>,
  ): Decider<Command, Outer, Event, Rejection> => {
    const { isTerminal } = decider
    return {
      initialState: wrap(decider.initialState),
      decide: (command, state) => decider.decide(command, unwrap(state)),
      evolve: (state, event) => {
        const before = unwrap(state)
        const after = decider.evolve(before, event)
        return Object.is(before, after) ? state : wrap(after)
      },
      ...(isTerminal === undefined ? {} : { isTerminal: (state) => isTerminal(unwrap(state)) }),
    }
  }
