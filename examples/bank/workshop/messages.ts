import { type CommandOf, commands, type EventOf, events } from 'reprise'
import { NonEmptyText, WholeNumber } from 'reprise/codec'

const seat = { workshop: NonEmptyText, customer: NonEmptyText }

export const workshopCommands = commands({
  AnnounceWorkshop: { workshop: NonEmptyText, seats: WholeNumber },
  TakeSeat: seat,
})
export type WorkshopCommand = CommandOf<typeof workshopCommands>

export const workshopEvents = events({
  WorkshopAnnounced: { workshop: NonEmptyText, seats: WholeNumber },
  SeatTaken: seat,
})
export type WorkshopEvent = EventOf<typeof workshopEvents>
