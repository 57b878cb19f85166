import { openCategory } from 'reprise'
import * as TE from 'fp-ts/TaskEither'
import { storeFailed } from 'reprise/adapter'
import { conditionalAnswer, stateEndpoint } from 'reprise/http'
import { memory } from 'reprise/memory'
import { add, counter } from '../support/counter'
import { right } from '../support/right'

const opened = async () => {
  const counters = openCategory(counter, memory())
  await right(counters.handleCommand('C1', add(1, 2, 3)))
  const endpoint = stateEndpoint(counters, { answer: ({ state }) => ({ json: state }) })
  return (id: string, headers: Readonly<Record<string, string>> = {}) =>
    endpoint(new Request('http://localhost', { headers }), id)
}

describe('an endpoint that shows a state', () => {
  it('answers with the state and its entity tag', async () => {
    const response = await (await opened())('C1')
    expect(response.status).toBe(200)
    expect(response.headers.get('etag')).toBe('"3"')
    expect(response.headers.get('cache-control')).toBe('private, no-cache')
    expect(await response.json()).toEqual({ total: 6, events: 3 })
  })

  it.each([
    [{ 'if-none-match': '"3"' }, 304],
    [{ 'if-none-match': 'W/"3"' }, 304],
    [{ 'if-none-match': '"1", "3"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"2"' }, 200],
    [{ 'if-match': '"3"' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': 'W/"3"' }, 412],
    [{ 'if-match': '"2"' }, 412],
    [{ 'if-match': '"2"', 'if-none-match': '"3"' }, 412],
    [{ 'if-match': '"3"', 'if-none-match': '"3"' }, 304],
    [{ 'if-match': '3' }, 400],
    [{ 'if-none-match': '3' }, 400],
  ])('answers %j with %i', async (headers, status) => {
    const response = await (await opened())('C1', headers)
    expect(response.status).toBe(status)
    if (status === 304) {
      expect(response.headers.get('etag')).toBe('"3"')
      expect(await response.text()).toBe('')
    }
  })

  it('finds nothing under the id of a stream without events', async () => {
    const response = await (await opened())('C2', { 'if-none-match': '*' })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ code: 'not-found' })
  })

  it.each(['', '\n', 'x'.repeat(300)])('refuses the id %j', async (id) => {
    expect((await (await opened())(id)).status).toBe(400)
  })

  it('reports what is not the fault of its caller, and shows nothing of it', async () => {
    const failed = storeFailed('Unavailable', 'nothingWritten', new Error('select 1'))
    const failures: unknown[] = []
    const endpoint = stateEndpoint<unknown>(
      { load: () => TE.left(failed) },
      { answer: () => ({}), onFailure: ({ error }) => failures.push(error) },
    )
    const response = await endpoint(new Request('http://localhost'), 'C1')
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('select')
    expect(failures).toEqual([failed])
  })
})

describe('a conditional answer', () => {
  it('is made only if its content is to be sent', () => {
    const request = new Request('http://localhost', { headers: { 'if-none-match': '"7"' } })
    const answer = jest.fn(() => ({ json: {} }))
    expect(conditionalAnswer(request, 7, answer).status).toBe(304)
    expect(answer).not.toHaveBeenCalled()
    expect(conditionalAnswer(request, 8, answer).status).toBe(200)
  })

  it.each([
    ['what is not JSON', () => ({ json: 1n })],
    ['nothing', () => null as never],
    ['a status that is none', () => ({ status: 42 })],
  ])('is an internal error when it gives %s', async (_name, answer) => {
    const failures: unknown[] = []
    const response = conditionalAnswer(new Request('http://localhost'), 7, answer, ({ error }) =>
      failures.push(error),
    )
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ code: 'internal-error' })
    expect(failures).toHaveLength(1)
  })
})
