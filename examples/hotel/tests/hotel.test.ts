import { PGlite } from '@electric-sql/pglite'
import { promised, type Workers } from 'reprise'
import { postgres, type PostgresBackend, tableReader } from 'reprise/postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { arrivalsOn, frontDesk, type FrontDesk } from '../src/application/front-desk.js'
import { type Hotel, openHotel, runHotel } from '../src/application/hotel.js'

const stay = { arrival: '2026-12-01', departure: '2026-12-04' }

/** A hotel whose workers run, in a schema of its own. */
const openTenant = async (pglite: PGlite, schema: string, holdFor: number) => {
  const backend = postgres<FrontDesk>(pglite, { schema })
  const migrated = await backend.migrate()
  if (migrated._tag === 'Left') throw new Error(migrated.left.message)
  const hotel = openHotel(backend)
  const workers = runHotel(hotel, backend, { holdFor })
  return { backend, hotel, workers }
}

describe('a hotel, on the embedded database', () => {
  let pglite: PGlite
  let tenants: { readonly backend: PostgresBackend<FrontDesk>; readonly workers: Workers }[]
  let hotel: Hotel // holds rooms for a minute
  let hasty: Hotel // holds them for no time at all
  let arrivals: () => Promise<unknown>

  beforeAll(async () => {
    pglite = new PGlite()
    const seaside = await openTenant(pglite, 'seaside', 60_000)
    const hilltop = await openTenant(pglite, 'hilltop', 0)
    tenants = [seaside, hilltop]
    hotel = seaside.hotel
    hasty = hilltop.hotel
    const desk = tableReader(frontDesk)(seaside.backend)
    arrivals = async () => {
      const found = await desk.read(arrivalsOn(stay.arrival))()
      return found._tag === 'Right' ? found.right : found.left
    }
    for (const one of [hotel, hasty]) {
      for (const room of ['11', '12']) {
        const sent = { type: 'OpenRoom', kind: 'double', pricePerNight: 100 } as const
        await promised(one.rooms).handleCommand(room, sent)
      }
    }
  })
  afterAll(async () => {
    const ended = await Promise.all(tenants.map(({ workers }) => workers.stop()))
    await Promise.all(tenants.map(({ backend }) => backend.close()))
    await pglite.close()
    expect(ended.flatMap(({ unfinished }) => unfinished)).toEqual([])
  })

  const request = (of: Hotel, id: string, room: string) =>
    promised(of.bookings).handleCommand(id, { type: 'RequestBooking', guest: 'Ada', room, ...stay })
  const becomes = (of: Hotel, id: string, status: string) =>
    vi.waitFor(
      async () => {
        const loaded = await promised(of.bookings).load(id)
        expect(loaded).toMatchObject({ ok: true, state: { status } })
      },
      { timeout: 50_000 },
    )

  it('holds a room, takes the money, confirms, and shows who arrives', async () => {
    await request(hotel, 'B1', '11')
    await becomes(hotel, 'B1', 'held')
    await promised(hotel.payments).handleCommand('B1', { type: 'CapturePayment', amount: 300 })
    await becomes(hotel, 'B1', 'confirmed')
    await vi.waitFor(async () => {
      expect(await arrivals()).toEqual([
        { booking: 'B1', guest: 'Ada', room: '11', kind: 'double', departure: '2026-12-04' },
      ])
    })
  })

  it('gives a room to one of those who want it at the same moment', async () => {
    await Promise.all(['C1', 'C2', 'C3'].map((id) => request(hotel, id, '12')))
    await vi.waitFor(
      async () => {
        const states = await Promise.all(
          ['C1', 'C2', 'C3'].map((id) => promised(hotel.bookings).load(id)),
        )
        expect(states.map((one) => one.ok && one.state.status).sort()).toEqual([
          'held',
          'refused',
          'refused',
        ])
      },
      { timeout: 50_000 },
    )
  })

  it('lets go of a room that is not paid in time, and of no room of another hotel', async () => {
    await request(hasty, 'B1', '11')
    await becomes(hasty, 'B1', 'expired')
    await vi.waitFor(async () => {
      const room = await promised(hasty.rooms).load('11')
      expect(room).toMatchObject({ ok: true, version: 3, state: { reservations: [] } })
    })
    const late = { type: 'CapturePayment', amount: 300 } as const
    await vi.waitFor(async () => {
      expect(await promised(hasty.payments).handleCommand('B1', late)).toMatchObject({
        ok: false,
        error: { rejection: { _tag: 'NothingIsDue' } },
      })
    })
    await becomes(hotel, 'B1', 'confirmed')
  })
})
