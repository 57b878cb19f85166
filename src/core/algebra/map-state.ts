import type { Decider } from '../decider'
import type { Iso } from './prism'

/**
 * The same decider, keeping its state in another form. The form must lose nothing (see {@link Iso}):
 * the rules go on seeing their own. When they leave their state as it is, so is the other form.
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
