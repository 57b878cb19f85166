import { taskEither as TE } from 'fp-ts'
import { sql, type Transaction } from 'kysely'
import type { EventOf } from 'reprise'
import { mergeEventCodecs } from 'reprise/codec'
import { tableProjection } from 'reprise/postgres'
import { bookingEvents, type BookingStatus } from '../domain/booking.js'
import { roomEvents } from '../domain/room.js'
import type { Stay } from '../domain/stay.js'

/** What the front desk asks for, in tables of the hotel's own. */
export interface FrontDesk {
  readonly rooms: { readonly room: string; readonly kind: string; readonly price: number }
  readonly stays: {
    readonly booking: string
    readonly guest: string
    readonly room: string
    readonly arrival: string
    readonly departure: string
    readonly status: BookingStatus
  }
}

const received = mergeEventCodecs(roomEvents, bookingEvents)

const attempt = (work: () => Promise<unknown>) => TE.tryCatch(work, (cause) => cause)

type Tables = Transaction<FrontDesk>

const turn = (trx: Tables, booking: string, status: BookingStatus): Promise<unknown> =>
  trx.updateTable('stays').set({ status }).where('booking', '=', booking).execute()

const write = async (
  event: EventOf<typeof received>,
  id: string,
  trx: Tables,
): Promise<unknown> => {
  switch (event.type) {
    case 'RoomOpened': {
      const { kind, pricePerNight: price } = event
      return trx.insertInto('rooms').values({ room: id, kind, price }).execute()
    }
    case 'PriceChanged':
      return trx
        .updateTable('rooms')
        .set({ price: event.pricePerNight })
        .where('room', '=', id)
        .execute()
    case 'BookingRequested': {
      const { guest, room, arrival, departure } = event
      const stay = { booking: id, guest, room, arrival, departure }
      return trx
        .insertInto('stays')
        .values({ ...stay, status: 'requested' })
        .execute()
    }
    case 'BookingHeld':
      return turn(trx, id, 'held')
    case 'BookingRefused':
      return turn(trx, id, 'refused')
    case 'BookingConfirmed':
      return turn(trx, id, 'confirmed')
    case 'BookingExpired':
      return turn(trx, id, 'expired')
    case 'BookingCancelled':
      return turn(trx, id, 'cancelled')
    case 'GuestArrived':
      return turn(trx, id, 'inHouse')
    case 'GuestLeft':
      return turn(trx, id, 'left')
    case 'NightsReserved':
    case 'NightsReleased':
      return undefined // the booking says so, too
  }
}

/** Rooms and stays: each event is written exactly once, and a new version is built beside the running one. */
export const frontDesk = tableProjection<FrontDesk, EventOf<typeof received>>({
  name: 'front desk',
  version: 1, // raise it when anything here changes
  categories: ['room', 'booking'],
  events: received,
  tables: {
    rooms: (trx) =>
      attempt(() =>
        sql`create table rooms (room text primary key, kind text not null, price integer not null)`.execute(
          trx,
        ),
      ),
    stays: (trx) =>
      attempt(async () => {
        await sql`create table stays (
          booking text primary key, guest text not null, room text not null,
          arrival text not null, departure text not null, status text not null)`.execute(trx)
        await sql`create index on stays (arrival)`.execute(trx)
      }),
  },
  handle: ({ event, streamId }, trx) =>
    attempt(() => write(event, streamId.slice(streamId.indexOf('-') + 1), trx)),
})

/** Who arrives on a day, and in which room they sleep. */
export const arrivalsOn = (day: string) => (trx: Tables) =>
  trx
    .selectFrom('stays')
    .innerJoin('rooms', 'rooms.room', 'stays.room')
    .select(['stays.booking', 'stays.guest', 'stays.room', 'rooms.kind', 'stays.departure'])
    .where('stays.arrival', '=', day)
    .where('stays.status', '=', 'confirmed')
    .orderBy('stays.room')
    .execute()

/** The rooms that nobody has for any night of a stay, cheapest first. */
export const freeRooms =
  ({ arrival, departure }: Stay) =>
  (trx: Tables) =>
    trx
      .selectFrom('rooms')
      .select(['room', 'kind', 'price'])
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('stays')
              .select('stays.booking')
              .whereRef('stays.room', '=', 'rooms.room')
              .where('stays.arrival', '<', departure)
              .where('stays.departure', '>', arrival)
              .where('stays.status', 'in', ['held', 'confirmed', 'inHouse']),
          ),
        ),
      )
      .orderBy('price')
      .orderBy('room')
      .execute()
