import type { Transaction } from 'kysely'
import type { Backend } from 'reprise'
import { Day } from 'reprise/codec'
import {
  commandEndpoint,
  httpProblem,
  type OnFailure,
  problem,
  type ProblemFields,
  problemResponse,
  readYourWrites,
  stateEndpoint,
} from 'reprise/http'
import { tableReader } from 'reprise/postgres'
import { arrivalsOn, freeRooms, type FrontDesk, frontDesk } from './front-desk.js'
import type { Hotel } from './hotel.js'

/** An endpoint takes a request, and the id that the router has found in its URL. */
export type Endpoint = (request: Request, id: string) => Promise<Response>

/** Endpoints by their method and path, below that of the hotel. */
export type Routes = Readonly<Record<`${'GET' | 'POST'} /${string}`, Endpoint>>

/** What a rejection is to the outside. Its name becomes the code of the problem: `room-taken`. */
const rejected = ({ _tag }: { readonly _tag: string }): ProblemFields => ({
  status: _tag.endsWith('Missing') ? 404 : 409,
})

/** The fields of whatever was sent. */
const fieldsOf = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? { ...body } : {}

/** A command of one type, made of whatever was sent: the codec of the category judges it. */
const as = (type: string) => (body: unknown) => ({ ...fieldsOf(body), type })

/** What clients may do. */
export const commandRoutes = (hotel: Hotel, onFailure: OnFailure): Routes => {
  const { rooms, bookings, payments, floors } = hotel
  const shared = { rejected, onFailure }
  const booking = (type: string): Endpoint =>
    commandEndpoint(bookings, { ...shared, command: as(type) })
  return {
    'POST /rooms/:id': commandEndpoint(rooms, { ...shared, command: as('OpenRoom') }),
    'POST /rooms/:id/price': commandEndpoint(rooms, { ...shared, command: as('ChangePrice') }),
    'POST /bookings/:id': booking('RequestBooking'),
    'POST /bookings/:id/cancellation': booking('CancelBooking'),
    'POST /bookings/:id/arrival': booking('CheckIn'),
    'POST /bookings/:id/departure': booking('CheckOut'),
    'POST /bookings/:id/payment': commandEndpoint(payments, {
      ...shared,
      required: ['idempotency-key'], // whoever pays twice by mistake has paid once
      command: as('CapturePayment'),
    }),
    'POST /floors/:id/linen': commandEndpoint(floors, {
      ...shared,
      command: (body) => ({ key: 'linen', command: as('BringLinen')(body) }),
    }),
    'POST /floors/:id/cleaning': commandEndpoint(floors, {
      ...shared,
      command: (body) => ({
        key: 'cleaning',
        command: { key: fieldsOf(body)['room'], command: { type: 'CleanRoom' } },
      }),
    }),
    'GET /bookings/:id': stateEndpoint(bookings, {
      onFailure,
      answer: ({ state }) => ({ json: state }),
    }),
    'GET /floors/:id': stateEndpoint(floors, {
      onFailure,
      answer: ({ state }) => ({ json: state.decider }),
    }),
  }
}

type Tables = Transaction<FrontDesk>
type Query = (trx: Tables) => Promise<ReadonlyArray<unknown>>

/** What the front desk may ask. */
export const readRoutes = (
  backend: Pick<Backend<Tables>, 'documents' | 'subscriptions'>,
  onFailure: OnFailure,
): Routes => {
  const desk = tableReader(frontDesk)(backend)
  const upToDate = readYourWrites(desk.until)

  /** Answers with rows, once the tables are up to what the client has written. The query needs days of the URL. */
  const rows =
    (days: ReadonlyArray<string>, query: (...days: ReadonlyArray<string>) => Query): Endpoint =>
    async (request) => {
      const { searchParams } = new URL(request.url)
      const given = days.map((name) => searchParams.get(name) ?? '')
      if (!given.every((day) => Day.is(day))) {
        return problemResponse(httpProblem(400, 'day-missing', `It needs days: ${days.join()}.`))
      }
      const waited = await upToDate(request.headers)
      if (waited._tag === 'Left') return problemResponse(waited.left)
      const found = await desk.read(query(...given))()
      if (found._tag === 'Right') return Response.json(found.right)
      const shown = problem(found.left)
      onFailure({ error: found.left, problem: shown, request })
      return problemResponse(shown)
    }

  return {
    'GET /arrivals': rows(['day'], (day = '') => arrivalsOn(day)),
    'GET /free-rooms': rows(['arrival', 'departure'], (arrival = '', departure = '') =>
      freeRooms({ arrival, departure }),
    ),
  }
}
