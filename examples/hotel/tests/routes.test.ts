import type { Backend } from 'reprise'
import { memory } from 'reprise/memory'
import { httpSpecification, inStream } from 'reprise/testing'
import { describe, it } from 'vitest'
import { openHotel } from '../src/application/hotel.js'
import { commandRoutes } from '../src/application/routes.js'
import { bookings } from '../src/domain/booking.js'
import { payments } from '../src/domain/payment.js'
import { floors } from '../src/domain/floor.js'

/** Finds the route as the server does. */
const application = <Tables>(backend: Backend<Tables>) => {
  const routes = commandRoutes(openHotel(backend), ({ error }) => {
    throw error
  })
  return (request: Request) => {
    const [, kind = '', id = '', action] = new URL(request.url).pathname.split('/')
    const path = action === undefined ? '' : (`/${action}` as const)
    const endpoint = routes[`${request.method as 'GET' | 'POST'} /${kind}/:id${path}`]
    return endpoint?.(request, id) ?? new Response(null, { status: 404 })
  }
}

const { given } = httpSpecification({ open: () => memory(), application })
const wish = { guest: 'Ada', room: '12', arrival: '2026-12-01', departure: '2026-12-04' }
const requested = inStream(bookings, 'B1', { type: 'BookingRequested', ...wish })
const due = inStream(payments, 'B1', { type: 'PaymentRequested', amount: 300 })

describe('the routes of a hotel', () => {
  it('record a booking, and show it with its version', async () => {
    const sent = await given()
      .request('POST', '/bookings/B1', { json: wish })
      .expect({ status: 200, headers: { etag: '"1"' }, recorded: [requested] })
    await sent
      .request('GET', '/bookings/B1')
      .expect({ status: 200, members: { status: 'requested', guest: 'Ada' }, recorded: [] })
  })

  it.each([
    { json: { ...wish, arrival: '2026-02-30' } },
    { json: { ...wish, guest: '  ' } },
    { json: [] },
  ])('refuse a wish such as %j', async ({ json }) => {
    await given()
      .request('POST', '/bookings/B1', { json })
      .expect({ status: 400, members: { code: 'invalid-command' }, recorded: [] })
  })

  it('take a payment once, under its key', async () => {
    const headers = { 'idempotency-key': 'p-1' }
    const paid = inStream(payments, 'B1', { type: 'PaymentCaptured', amount: 300 })
    const first = await given(requested, due)
      .request('POST', '/bookings/B1/payment', { json: { amount: 300 }, headers })
      .expect({ status: 200, recorded: [paid] })
    const again = await first
      .request('POST', '/bookings/B1/payment', { json: { amount: 300 }, headers })
      .expect({ status: 200, json: JSON.parse(first.answer.text), recorded: [] })
    await again
      .request('POST', '/bookings/B1/payment', { json: { amount: 300 } })
      .expect({ status: 400, members: { code: 'idempotency-key-required' }, recorded: [] })
  })

  it('name what cannot be, with the status for it', async () => {
    await given()
      .request('POST', '/bookings/B9/cancellation', { json: { today: '2026-12-01' } })
      .expect({ status: 404, members: { code: 'booking-missing' }, recorded: [] })
    await given(requested)
      .request('POST', '/bookings/B1', { json: wish })
      .expect({ status: 409, members: { code: 'booking-exists' }, recorded: [] })
    await given(
      inStream(floors, '1', { key: 'cleaning', event: { key: '12', event: { type: 'RoomUsed' } } }),
    )
      .request('POST', '/floors/1/cleaning', { json: { room: '12' } })
      .expect({ status: 409, members: { code: 'linen/no-linen-left' }, recorded: [] })
  })
})
