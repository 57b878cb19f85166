import { openBoundary } from 'reprise/boundary'
import { boundaryEndpoint, type BoundaryEndpointOptions } from 'reprise/http'
import {
  enrolment,
  type EnrolmentEvent,
  type EnrolmentRejection,
  type EnrolmentState,
  openCourse,
  takeSeat,
} from '../support/enrolment'
import { right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

type Options = BoundaryEndpointOptions<EnrolmentState, EnrolmentEvent, EnrolmentRejection>

describe.each(stores)('an endpoint for the commands of a boundary, on %s', (_name, open) => {
  let at: StoreUnderTest
  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  /** Sends a command to a new endpoint, as if from another process. */
  const send = async (
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
    options: Options = {},
    store = at.second,
  ) => {
    const request = new Request('http://localhost/enrolment', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    const settings = { retry: { attempts: 2, firstBackoff: 0 } }
    const endpoint = boundaryEndpoint(openBoundary(enrolment, { store }, settings), options)
    const response = await endpoint(request, { actor: 'ada' })
    const json = (await response.json()) as Readonly<Record<string, unknown>>
    return { status: response.status, headers: response.headers, json }
  }
  const eventsOf = async (course: string) =>
    (await right(at.store.readMatching([{ tags: [`course:${course}`] }], { limit: 100 }))).events

  it('answers with the position, without an entity tag, and gives the events the metadata of the application', async () => {
    const course = freshId()
    const { status, headers, json } = await send(openCourse(course))
    const [event] = await eventsOf(course)
    expect({ status, json }).toEqual({
      status: 200,
      json: { version: 1, position: event?.position },
    })
    expect(headers.get('reprise-position')).toBe(String(event?.position))
    expect(headers.get('etag')).toBeNull()
    expect(event?.metadata).toMatchObject({
      actor: 'ada',
      correlationId: headers.get('x-correlation-id'),
    })
  })

  it('has the effect of an Idempotency-Key once, and answers a rejection and a bad command', async () => {
    const [course, key] = [freshId(), { 'idempotency-key': freshId() }]
    await send(openCourse(course, 1))
    const first = await send(takeSeat(course, 'ada'), key)
    expect(await send(takeSeat(course, 'ada'), key)).toMatchObject({ json: first.json })
    const other = await send(takeSeat(course, 'alan'), key)
    expect(other).toMatchObject({ status: 422, json: { code: 'idempotency-key-reused' } })
    const full = await send(takeSeat(course, 'alan'), {}, { rejected: () => ({ status: 409 }) })
    expect(full).toMatchObject({ status: 409, json: { code: 'course-full' } })
    const bad = await send({ type: 'TakeSeat' })
    expect(bad).toMatchObject({ status: 400, json: { code: 'invalid-command' } })
    expect(await eventsOf(course)).toHaveLength(2)
  })

  it('refuses what it cannot check, and says who was faster', async () => {
    const course = freshId()
    const precondition = await send(openCourse(course), { 'if-match': '"1"' })
    expect(precondition).toMatchObject({
      status: 400,
      json: { code: 'precondition-not-possible' },
    })
    const keyless = await send(openCourse(course), {}, { required: ['idempotency-key'] })
    expect(keyless).toMatchObject({ status: 400, json: { code: 'idempotency-key-required' } })
    expect(await eventsOf(course)).toEqual([])

    await send(openCourse(course))
    const rival: typeof at.store = {
      ...at.second,
      appendTogether: (request) => async () => {
        await send(takeSeat(course, freshId()))
        return at.second.appendTogether(request)()
      },
    }
    const late = await send(takeSeat(course, 'ada'), {}, {}, rival)
    expect(late).toMatchObject({ status: 409, json: { code: 'boundary-conflict' } })
  })
})
