import { type Backend, type Dispatch, fromStart, openCategory } from 'reprise'
import { runProcessManager, runProjection, runWorkers, type Workers } from 'reprise'
import type { WorkersOptions } from 'reprise'
import { bookings } from '../domain/booking.js'
import { floors } from '../domain/floor.js'
import { payments } from '../domain/payment.js'
import { type Issued, reservation } from '../domain/reservation.js'
import { rooms } from '../domain/room.js'
import { type FrontDesk, frontDesk } from './front-desk.js'
import type { Transaction } from 'kysely'

/** The categories of one hotel, open. */
export const openHotel = <Tables>(backend: Backend<Tables>) => ({
  rooms: openCategory(rooms, backend),
  bookings: openCategory(bookings, backend),
  payments: openCategory(payments, backend),
  floors: openCategory(floors, backend),
})
export type Hotel = ReturnType<typeof openHotel>

/** Sends what a reservation asks for. The options hold the id of the command: it has its effect once. */
const dispatchTo =
  (hotel: Hotel): Dispatch<Issued> =>
  (issued, options) => {
    switch (issued.key) {
      case 'room':
        return hotel.rooms.handleCommand(issued.command.key, issued.command.command, options)
      case 'booking':
        return hotel.bookings.handleCommand(issued.command.key, issued.command.command, options)
      case 'payment':
        return hotel.payments.handleCommand(issued.command.key, issued.command.command, options)
      case 'floor':
        return hotel.floors.handleCommand(issued.command.key, issued.command.command, options)
    }
  }

/** Keeps the read side of a hotel running. */
export const runHotel = (
  hotel: Hotel,
  backend: Backend<Transaction<FrontDesk>>,
  { holdFor, ...options }: WorkersOptions & { readonly holdFor: number },
): Workers =>
  runWorkers(
    {
      frontDesk: runProjection(frontDesk),
      reservations: runProcessManager(reservation(holdFor), dispatchTo(hotel), { from: fromStart }),
    },
    backend,
    options,
  )
