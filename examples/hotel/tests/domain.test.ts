import fc from 'fast-check'
import { assertLaws, checkDecider, specification } from 'reprise/testing'
import { describe, expect, it } from 'vitest'
import { booking, type BookingEvent } from '../src/domain/booking.js'
import { floor, forRoom } from '../src/domain/floor.js'
import { payment } from '../src/domain/payment.js'
import { reservation } from '../src/domain/reservation.js'
import { room, type RoomCommand, type RoomEvent } from '../src/domain/room.js'
import { overlap, priceOf } from '../src/domain/stay.js'

const opened: RoomEvent = { type: 'RoomOpened', kind: 'double', pricePerNight: 100_00 }
const stay = { bookingId: 'B1', arrival: '2026-12-01', departure: '2026-12-04' }
const reserve = (bookingId: string, arrival: string, departure: string): RoomCommand => ({
  type: 'ReserveNights',
  bookingId,
  arrival,
  departure,
})
const reserved: RoomEvent = { type: 'NightsReserved', ...stay, price: 300_00 }

describe('a room', () => {
  const { given } = specification(room)

  it('is reserved for the nights of a stay, at its price', () => {
    given(opened)
      .when({ type: 'ReserveNights', ...stay })
      .thenRecords(reserved)
  })

  it('is reserved once for a booking, however often that is asked', () => {
    given(opened, reserved)
      .when({ type: 'ReserveNights', ...stay })
      .thenRecordsNothing()
  })

  it('is never given to two for one night', () => {
    given(opened, reserved)
      .when(reserve('B2', '2026-12-03', '2026-12-05'))
      .thenRejects({ _tag: 'RoomTaken', until: '2026-12-04' })
  })

  it('is free on the day on which another one leaves, and when nights were released', () => {
    given(opened, reserved)
      .when(reserve('B2', '2026-12-04', '2026-12-05'))
      .thenRecords({
        type: 'NightsReserved',
        bookingId: 'B2',
        arrival: '2026-12-04',
        departure: '2026-12-05',
        price: 100_00,
      })
    given(opened, reserved, { type: 'NightsReleased', bookingId: 'B1' })
      .when({ type: 'ReserveNights', ...stay })
      .thenRecords(reserved)
  })

  it.each([
    ['2026-12-01', 'StayTooShort'],
    ['2026-11-30', 'StayTooShort'],
    ['2027-12-01', 'StayTooLong'],
  ])('is not had until %s', (departure, reason) => {
    const decision = room.decide(
      reserve('B1', '2026-12-01', departure),
      room.evolve(room.initialState, opened),
    )
    expect(decision).toMatchObject({ left: { _tag: reason } })
  })

  it('keeps the laws of a decider', () => {
    const day = fc.integer({ min: 1, max: 9 }).map((number) => `2026-12-0${number}`)
    const bookingId = fc.constantFrom('B1', 'B2', 'B3')
    const commands = fc.oneof<fc.Arbitrary<RoomCommand>[]>(
      fc.constant({ type: 'OpenRoom', kind: 'single', pricePerNight: 1 }),
      fc.record({
        type: fc.constant('ReserveNights' as const),
        bookingId,
        arrival: day,
        departure: day,
      }),
      fc.record({ type: fc.constant('ReleaseNights' as const), bookingId }),
    )
    const always = ({ reservations }: typeof room.initialState): boolean =>
      reservations.every((one, index) =>
        reservations.slice(index + 1).every((other) => !overlap(one, other)),
      )
    assertLaws(checkDecider({ decider: room, commands, runs: 100 }))
    fc.assert(
      fc.property(fc.array(commands), (sent) => {
        let state = room.initialState
        for (const command of sent) {
          const decision = room.decide(command, state)
          if (decision._tag === 'Right') state = decision.right.reduce(room.evolve, state)
        }
        return always(state)
      }),
    )
  })
})

describe('a stay', () => {
  it('has its seventh night free', () => {
    const until = (departure: string) => priceOf({ arrival: '2026-12-01', departure }, 10)
    expect([until('2026-12-07'), until('2026-12-08'), until('2026-12-09')]).toEqual([60, 60, 70])
  })
})

describe('a booking', () => {
  const { given } = specification(booking)
  const wish = { guest: 'Ada', room: '12', arrival: '2026-12-01', departure: '2026-12-04' }
  const confirmed: ReadonlyArray<BookingEvent> = [
    { type: 'BookingRequested', ...wish },
    { type: 'BookingHeld', price: 300_00 },
    { type: 'BookingConfirmed' },
  ]

  it('is requested once', () => {
    given({ type: 'BookingRequested', ...wish })
      .when({ type: 'RequestBooking', ...wish })
      .thenRejects({ _tag: 'BookingExists' })
  })

  it('does not expire once it is paid', () => {
    given(...confirmed)
      .when({ type: 'ExpireBooking' })
      .thenRecordsNothing()
  })

  it('lets its guest in from the day of arrival on, and until the day before the departure', () => {
    const today = (day: string) => given(...confirmed).when({ type: 'CheckIn', today: day })
    today('2026-11-30').thenRejects({ _tag: 'TooEarly', arrival: '2026-12-01' })
    today('2026-12-03').thenRecords({ type: 'GuestArrived', today: '2026-12-03' })
    today('2026-12-04').thenRejects({ _tag: 'TooLate', departure: '2026-12-04' })
  })
})

describe('a payment', () => {
  const { given } = specification(payment)

  it('takes what is due, and nothing else', () => {
    given({ type: 'PaymentRequested', amount: 300 })
      .when({ type: 'CapturePayment', amount: 299 })
      .thenRejects({ _tag: 'WrongAmount', due: 300 })
  })

  it('is given back when the booking is not to be', () => {
    given({ type: 'PaymentRequested', amount: 300 }, { type: 'PaymentCaptured', amount: 300 })
      .when({ type: 'EndPayment' })
      .thenRecords({ type: 'PaymentRefunded', amount: 300 })
  })
})

describe('a floor', () => {
  const { given } = specification(floor)
  const used = { key: 'cleaning', event: { key: '12', event: { type: 'RoomUsed' } } } as const
  const clean = forRoom('12', { type: 'CleanRoom' })

  it('cleans a room with a set of its linen', () => {
    given({ key: 'linen', event: { type: 'LinenBrought', sets: 1 } }, used)
      .when(clean)
      .thenRecords(
        { key: 'cleaning', event: { key: '12', event: { type: 'RoomCleaned' } } },
        { key: 'linen', event: { type: 'LinenTaken' } },
      )
  })

  it('leaves the room as it is when there is no linen: all or nothing', () => {
    given(used)
      .when(clean)
      .thenRejects({ _tag: 'linen/NoLinenLeft', key: 'linen', rejection: { _tag: 'NoLinenLeft' } })
  })
})

describe('a reservation', () => {
  const { process, route, onRejected } = reservation(60_000)
  const requested = {
    type: 'BookingRequested',
    guest: 'Ada',
    room: '12',
    arrival: stay.arrival,
    departure: stay.departure,
  } as const
  const state = process.evolve(process.initialState, { bookingId: 'B1', event: requested })
  const reactTo = (event: Parameters<typeof process.react>[1]['event']) =>
    process.react(state, { bookingId: 'B1', event })

  it('asks the room for its nights, and then for the money, with a timer', () => {
    expect(reactTo(requested)).toEqual([
      {
        _tag: 'Send',
        command: {
          key: 'room',
          command: { key: '12', command: { type: 'ReserveNights', ...stay } },
        },
      },
    ])
    expect(reactTo(reserved)).toMatchObject([
      {
        command: {
          key: 'booking',
          command: { key: 'B1', command: { type: 'HoldBooking', price: 300_00 } },
        },
      },
      {
        command: {
          key: 'payment',
          command: { command: { type: 'RequestPayment', amount: 300_00 } },
        },
      },
      { _tag: 'After', timer: 'unpaid', delay: 60_000 },
    ])
  })

  it('belongs to a booking, whichever stream an event is of', () => {
    const recorded = { id: '1', version: 1, position: 1, recordedAt: 0, metadata: {} }
    const keyOf = (streamId: string, event: typeof requested | typeof reserved) =>
      route({ ...recorded, streamId, event })?.key
    expect(keyOf('booking-B-1', requested)).toBe('B-1')
    expect(keyOf('room-12', reserved)).toBe('B1')
    expect(route({ ...recorded, streamId: 'room-12', event: opened })).toBeUndefined()
  })

  it('gives back what was paid too late', () => {
    const command = {
      key: 'booking',
      command: { key: 'B1', command: { type: 'ConfirmBooking' } },
    } as const
    const actions = onRejected?.(state, command, { _tag: 'NotPossibleNow', status: 'expired' })
    expect(actions).toMatchObject([
      { _tag: 'Cancel' },
      { command: { key: 'room', command: { key: '12', command: { type: 'ReleaseNights' } } } },
      { command: { key: 'payment', command: { key: 'B1', command: { type: 'EndPayment' } } } },
    ])
  })
})
