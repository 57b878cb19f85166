import { either as E } from 'fp-ts'
import type { Decider } from 'reprise'

/** A command on behalf of a transfer, or of none (`null`). */
export interface Booking<Command> {
  readonly transferId: string | null
  readonly command: Command
}

/** An event of a booking, and its transfer. */
export interface Booked<Event> {
  readonly transferId: string | null
  readonly event: Event
}

/** The same decider; its events name the transfer on whose behalf they happened. */
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
