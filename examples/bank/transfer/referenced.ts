import * as E from 'fp-ts/Either'
import type { Decider } from 'reprise'

/** A command on behalf of a transfer, or of nobody. */
export interface Booking<Command> {
  readonly transferId: string | null
  readonly command: Command
}

/** What a booking has done, and for which transfer. */
export interface Booked<Event> {
  readonly transferId: string | null
  readonly event: Event
}

/** The same decider; its events say on whose behalf they happened. */
export const referenced = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Decider<Booking<Command>, State, Booked<Event>, Rejection> => ({
  ...decider,
  decide: ({ transferId, command }, state) => {
    const decision = decider.decide(command, state)
    return E.isLeft(decision)
      ? decision
      : E.right(decision.right.map((event) => ({ transferId, event })))
  },
  evolve: (state, { event }) => decider.evolve(state, event),
})
