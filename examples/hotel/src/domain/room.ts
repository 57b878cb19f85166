import { accept, type Category, type CommandOf, commands, type Decider } from 'reprise'
import { type EventOf, events, reject } from 'reprise'
import { Day, NonEmptyText, WholeNumber } from 'reprise/codec'
import { z } from 'zod'
import { LONGEST_STAY, nightsOf, overlap, priceOf, type Stay } from './stay.js'

const Price = { pricePerNight: WholeNumber }
const Opening = { ...Price, kind: z.enum(['single', 'double', 'suite']) }
const Booking = { bookingId: NonEmptyText }
const Nights = { ...Booking, arrival: Day, departure: Day }

export const roomCommands = commands({
  OpenRoom: Opening,
  ChangePrice: Price,
  ReserveNights: Nights,
  ReleaseNights: Booking,
})
export type RoomCommand = CommandOf<typeof roomCommands>

// Once released, a stored event changes by a new schema version with an upcaster, never in place.
export const roomEvents = events({
  RoomOpened: Opening,
  PriceChanged: Price,
  NightsReserved: { ...Nights, price: WholeNumber },
  NightsReleased: Booking,
})
export type RoomEvent = EventOf<typeof roomEvents>

export type RoomRejection =
  | { readonly _tag: 'RoomMissing' }
  | { readonly _tag: 'RoomAlreadyOpen' }
  | { readonly _tag: 'PriceNotPositive' }
  | { readonly _tag: 'StayTooShort' }
  | { readonly _tag: 'StayTooLong'; readonly longest: number }
  | { readonly _tag: 'RoomTaken'; readonly until: string }

interface Reservation extends Stay {
  readonly bookingId: string
}

interface RoomState {
  readonly isOpen: boolean
  /** In cents. */
  readonly pricePerNight: number
  readonly reservations: ReadonlyArray<Reservation>
}

/** Why a stay cannot be had, whoever wants it. */
const stayProblem = (stay: Stay): RoomRejection | undefined => {
  const nights = nightsOf(stay)
  if (nights < 1) return { _tag: 'StayTooShort' }
  if (nights > LONGEST_STAY) return { _tag: 'StayTooLong', longest: LONGEST_STAY }
  return undefined
}

export const room: Decider<RoomCommand, RoomState, RoomEvent, RoomRejection> = {
  initialState: { isOpen: false, pricePerNight: 0, reservations: [] },

  decide: (command, { isOpen, pricePerNight, reservations }) => {
    if (command.type === 'OpenRoom') {
      if (isOpen) return reject({ _tag: 'RoomAlreadyOpen' })
      if (command.pricePerNight === 0) return reject({ _tag: 'PriceNotPositive' })
      return accept({ ...command, type: 'RoomOpened' })
    }
    if (!isOpen) return reject({ _tag: 'RoomMissing' })

    switch (command.type) {
      case 'ChangePrice':
        if (command.pricePerNight === 0) return reject({ _tag: 'PriceNotPositive' })
        return command.pricePerNight === pricePerNight
          ? accept()
          : accept({ ...command, type: 'PriceChanged' })
      case 'ReserveNights': {
        const { bookingId, arrival, departure } = command
        const isReserved = reservations.some((reserved) => reserved.bookingId === bookingId)
        if (isReserved) return accept() // sent again: there is nothing to add
        const problem = stayProblem(command)
        if (problem !== undefined) return reject(problem)
        const taken = reservations.find((reserved) => overlap(reserved, command))
        if (taken !== undefined) return reject({ _tag: 'RoomTaken', until: taken.departure })
        const price = priceOf(command, pricePerNight)
        return accept({ type: 'NightsReserved', bookingId, arrival, departure, price })
      }
      case 'ReleaseNights': {
        const { bookingId } = command
        const isReserved = reservations.some((reserved) => reserved.bookingId === bookingId)
        return isReserved ? accept({ type: 'NightsReleased', bookingId }) : accept()
      }
    }
  },

  evolve: (state, event) => {
    switch (event.type) {
      case 'RoomOpened':
        return { ...state, isOpen: true, pricePerNight: event.pricePerNight }
      case 'PriceChanged':
        return { ...state, pricePerNight: event.pricePerNight }
      case 'NightsReserved': {
        const { bookingId, arrival, departure } = event
        const reservations = [...state.reservations, { bookingId, arrival, departure }]
        return { ...state, reservations }
      }
      case 'NightsReleased': {
        const stays = ({ bookingId }: Reservation): boolean => bookingId !== event.bookingId
        return { ...state, reservations: state.reservations.filter(stays) }
      }
    }
  },
}

/** All rooms: the stream of room 12 is called `room-12`. It alone decides who has its nights. */
export const rooms: Category<RoomCommand, RoomState, RoomEvent, RoomRejection> = {
  name: 'room',
  decider: room,
  commands: roomCommands,
  events: roomEvents,
}
