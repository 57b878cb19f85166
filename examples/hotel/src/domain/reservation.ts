import { cancelTimer, type CommandOf, type EventOf, type ProcessAction } from 'reprise'
import { type ProcessManager, send, sendAfter } from 'reprise'
import { combineCommandCodecs, manyCommandCodec } from 'reprise/algebra'
import { mergeEventCodecs, stateCodec } from 'reprise/codec'
import { z } from 'zod'
import { type BookingCommand, bookingCommands, bookingEvents } from './booking.js'
import { type FloorCommand, floorCommands, floorOf, forRoom } from './floor.js'
import { type PaymentCommand, paymentCommands, paymentEvents } from './payment.js'
import { type RoomCommand, roomCommands, roomEvents } from './room.js'

/*
 * A reservation leads a booking through the hotel: it asks the room for its nights, asks for the money, confirms what was
 * paid in time, and lets go of what was not.
 */

const received = mergeEventCodecs(bookingEvents, roomEvents, paymentEvents)
type Stored = EventOf<typeof received>

/** What a reservation receives. */
interface Received {
  readonly bookingId: string
  readonly event: Stored
}

/** What it issues: commands of the four categories, as they are, each with the id of its receiver. */
const issued = combineCommandCodecs({
  room: manyCommandCodec(roomCommands),
  booking: manyCommandCodec(bookingCommands),
  payment: manyCommandCodec(paymentCommands),
  floor: manyCommandCodec(floorCommands),
})
export type Issued = CommandOf<typeof issued>
type Action = ProcessAction<Issued>

const toRoom = (key: string, command: RoomCommand): Issued => ({
  key: 'room',
  command: { key, command },
})
const toBooking = (key: string, command: BookingCommand): Issued => ({
  key: 'booking',
  command: { key, command },
})
const toPayment = (key: string, command: PaymentCommand): Issued => ({
  key: 'payment',
  command: { key, command },
})
const toFloor = (key: string, command: FloorCommand): Issued => ({
  key: 'floor',
  command: { key, command },
})

interface ReservationState {
  readonly room: string
}

const bookingIdOf = (streamId: string, event: Stored): string | undefined =>
  'bookingId' in event ? event.bookingId : /^(?:booking|payment)-(.+)$/s.exec(streamId)?.[1]

/** What the nights and the money of a booking come to when it is not to be. */
const letGo = (bookingId: string, room: string): ReadonlyArray<Action> => [
  cancelTimer('unpaid'),
  send(toRoom(room, { type: 'ReleaseNights', bookingId })),
  send(toPayment(bookingId, { type: 'EndPayment' })),
]

/** @param holdFor - how long a room is held for a booking that is not paid, in milliseconds. */
export const reservation = (
  holdFor: number,
): ProcessManager<Stored, Received, Issued, ReservationState> => ({
  name: 'reservation',
  categories: ['booking', 'room', 'payment'],
  events: received,
  commands: issued,
  state: stateCodec(1, { room: z.string() }),

  route: ({ streamId, event }) => {
    const bookingId = bookingIdOf(streamId, event)
    return bookingId === undefined ? undefined : { key: bookingId, event: { bookingId, event } }
  },

  process: {
    initialState: { room: '' },
    evolve: (state, { event }) =>
      event.type === 'BookingRequested' ? { room: event.room } : state,
    react: ({ room }, { bookingId, event }) => {
      switch (event.type) {
        case 'BookingRequested': {
          const { arrival, departure } = event
          return [send(toRoom(room, { type: 'ReserveNights', bookingId, arrival, departure }))]
        }
        case 'NightsReserved':
          return [
            send(toBooking(bookingId, { type: 'HoldBooking', price: event.price })),
            send(toPayment(bookingId, { type: 'RequestPayment', amount: event.price })),
            sendAfter('unpaid', holdFor, toBooking(bookingId, { type: 'ExpireBooking' })),
          ]
        case 'PaymentCaptured':
          return [cancelTimer('unpaid'), send(toBooking(bookingId, { type: 'ConfirmBooking' }))]
        case 'BookingExpired':
        case 'BookingCancelled':
          return letGo(bookingId, room)
        case 'GuestLeft':
          return [send(toFloor(floorOf(room), forRoom(room, { type: 'ReportUsed' })))]
        case 'BookingHeld':
        case 'BookingRefused':
        case 'BookingConfirmed':
        case 'GuestArrived':
        case 'RoomOpened':
        case 'PriceChanged':
        case 'NightsReleased':
        case 'PaymentRequested':
        case 'PaymentAbandoned':
        case 'PaymentRefunded':
          return []
      }
    },
  },

  // The room is taken, or the booking was cancelled or has expired meanwhile.
  onRejected: ({ room }, { key, command }, rejection) => {
    const reason = (rejection as { readonly _tag: string })._tag
    if (key === 'room' && command.command.type === 'ReserveNights') {
      const { bookingId } = command.command
      return [send(toBooking(bookingId, { type: 'RefuseBooking', reason }))]
    }
    return key === 'booking' ? letGo(command.key, room) : []
  },
})
