import { eachBy, sideBySide, type View } from 'reprise/algebra'
import type { WorkshopEvent } from './messages'

interface Seats {
  readonly offered: number
  readonly taken: number
}

/** The seats of one workshop. */
export const seats: View<Seats, WorkshopEvent> = {
  initialState: { offered: 0, taken: 0 },
  evolve: (state, event) =>
    event.type === 'WorkshopAnnounced'
      ? { ...state, offered: event.seats }
      : { ...state, taken: state.taken + 1 },
}

/** The workshops of one customer. */
export const visits: View<ReadonlyArray<string>, WorkshopEvent> = {
  initialState: [],
  evolve: (workshops, event) =>
    event.type === 'SeatTaken' ? [...workshops, event.workshop] : workshops,
}

/** What a decision sees: a seat that is taken concerns a workshop and a customer, so both see it. */
export const enrolments = sideBySide({
  workshops: eachBy(({ workshop }: WorkshopEvent) => workshop)(seats),
  customers: eachBy((event: WorkshopEvent) =>
    event.type === 'SeatTaken' ? event.customer : undefined,
  )(visits),
})
export type Enrolments = typeof enrolments.initialState
