import { accept, type Category, type CommandOf, commands, type Decider } from 'reprise'
import { type EventOf, events, reject } from 'reprise'
import { Day, NonEmptyText, WholeNumber } from 'reprise/codec'

const Wish = { guest: NonEmptyText, room: NonEmptyText, arrival: Day, departure: Day }
const Price = { price: WholeNumber }
const Reason = { reason: NonEmptyText }
const OnDay = { today: Day }

export const bookingCommands = commands({
  RequestBooking: Wish,
  HoldBooking: Price,
  RefuseBooking: Reason,
  ConfirmBooking: {},
  ExpireBooking: {},
  CancelBooking: OnDay,
  CheckIn: OnDay,
  CheckOut: OnDay,
})
export type BookingCommand = CommandOf<typeof bookingCommands>

export const bookingEvents = events({
  BookingRequested: Wish,
  BookingHeld: Price,
  BookingRefused: Reason,
  BookingConfirmed: {},
  BookingExpired: {},
  BookingCancelled: OnDay,
  GuestArrived: OnDay,
  GuestLeft: OnDay,
})
export type BookingEvent = EventOf<typeof bookingEvents>

export type BookingStatus =
  | 'none'
  | 'requested'
  | 'held'
  | 'refused'
  | 'confirmed'
  | 'expired'
  | 'cancelled'
  | 'inHouse'
  | 'left'

export type BookingRejection =
  | { readonly _tag: 'BookingMissing' }
  | { readonly _tag: 'BookingExists' }
  | { readonly _tag: 'NotPossibleNow'; readonly status: BookingStatus }
  | { readonly _tag: 'TooEarly'; readonly arrival: string }
  | { readonly _tag: 'TooLate'; readonly departure: string }

export interface BookingState {
  readonly status: BookingStatus
  readonly guest: string
  readonly room: string
  readonly arrival: string
  readonly departure: string
  /** In cents. 0 until the room has been held. */
  readonly price: number
  /** Why it was refused. Empty: it was not. */
  readonly reason: string
}

export const noBooking: BookingState = {
  status: 'none',
  guest: '',
  room: '',
  arrival: '',
  departure: '',
  price: 0,
  reason: '',
}

const LIVING: ReadonlyArray<BookingStatus> = ['requested', 'held', 'confirmed']

export const booking: Decider<BookingCommand, BookingState, BookingEvent, BookingRejection> = {
  initialState: noBooking,

  decide: (command, { status, arrival, departure }) => {
    if (command.type === 'RequestBooking') {
      if (status !== 'none') return reject({ _tag: 'BookingExists' })
      return accept({ ...command, type: 'BookingRequested' })
    }
    if (status === 'none') return reject({ _tag: 'BookingMissing' })
    const notNow = reject<BookingRejection>({ _tag: 'NotPossibleNow', status })

    switch (command.type) {
      case 'HoldBooking':
        return status === 'requested' ? accept({ ...command, type: 'BookingHeld' }) : notNow
      case 'RefuseBooking':
        return status === 'requested' ? accept({ ...command, type: 'BookingRefused' }) : accept()
      case 'ConfirmBooking':
        return status === 'held' ? accept({ type: 'BookingConfirmed' }) : notNow
      case 'ExpireBooking':
        // A timer may fire just when the payment arrives: whoever is second finds nothing to do.
        return status === 'held' ? accept({ type: 'BookingExpired' }) : accept()
      case 'CancelBooking':
        return LIVING.includes(status) ? accept({ ...command, type: 'BookingCancelled' }) : notNow
      case 'CheckIn':
        if (status !== 'confirmed') return notNow
        if (command.today < arrival) return reject({ _tag: 'TooEarly', arrival })
        if (command.today >= departure) return reject({ _tag: 'TooLate', departure })
        return accept({ ...command, type: 'GuestArrived' })
      case 'CheckOut':
        return status === 'inHouse' ? accept({ ...command, type: 'GuestLeft' }) : notNow
    }
  },

  evolve: (state, event) => {
    switch (event.type) {
      case 'BookingRequested': {
        const { guest, room, arrival, departure } = event
        return { ...state, status: 'requested', guest, room, arrival, departure }
      }
      case 'BookingHeld':
        return { ...state, status: 'held', price: event.price }
      case 'BookingRefused':
        return { ...state, status: 'refused', reason: event.reason }
      case 'BookingConfirmed':
        return { ...state, status: 'confirmed' }
      case 'BookingExpired':
        return { ...state, status: 'expired' }
      case 'BookingCancelled':
        return { ...state, status: 'cancelled' }
      case 'GuestArrived':
        return { ...state, status: 'inHouse' }
      case 'GuestLeft':
        return { ...state, status: 'left' }
    }
  },
}

/** All bookings: their streams are called `booking-<id>`. */
export const bookings: Category<BookingCommand, BookingState, BookingEvent, BookingRejection> = {
  name: 'booking',
  decider: booking,
  commands: bookingCommands,
  events: bookingEvents,
}
