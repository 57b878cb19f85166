import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { openCategory } from 'reprise'
import { type AppendRequest, type EventStore, storeFailed } from 'reprise/adapter'
import { commandEndpoint, type CommandEndpointOptions } from 'reprise/http'
import { memory } from 'reprise/memory'
import {
  add,
  type BelowZero,
  counter,
  type CounterEvent,
  type CounterState,
} from '../support/counter'
import { right, rightOf } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

type Options = CommandEndpointOptions<CounterState, CounterEvent, BelowZero>
type Headers = Readonly<Record<string, string>>

const requestWith = (body: unknown, headers: Headers = {}, path = '/counters'): Request =>
  new Request(`http://localhost${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

describe.each(stores)('an endpoint for commands, on %s', (_name, open) => {
  let at: StoreUnderTest

  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  /** Sends a command to a new endpoint, as if from another process. */
  const send = async (id: string, body: unknown, headers: Headers = {}, options: Options = {}) => {
    const endpoint = commandEndpoint(openCategory(counter, { store: at.second }), options)
    const response = await endpoint(requestWith(body, headers), id)
    return {
      status: response.status,
      headers: response.headers,
      json: (await response.json()) as Readonly<Record<string, unknown>>,
    }
  }
  const recorded = async (id: string) =>
    (await right(at.store.read(`counter-${id}`, { after: 0, limit: 100 }))).events

  it('answers with the version, its entity tag and the position', async () => {
    const id = freshId()
    const { status, headers, json } = await send(id, add(1, 2))
    const [, last] = await recorded(id)
    expect(status).toBe(200)
    expect(json).toEqual({ version: 2, position: last?.position })
    expect(headers.get('etag')).toBe('"2"')
    expect(headers.get('reprise-position')).toBe(String(last?.position))
  })

  it('answers without a position when there was nothing to do', async () => {
    const { headers, json } = await send(freshId(), add())
    expect(json).toEqual({ version: 0 })
    expect(headers.get('reprise-position')).toBeNull()
  })

  it('answers what the application says', async () => {
    const { status, headers, json } = await send(
      freshId(),
      add(5),
      {},
      {
        answer: ({ state }) => ({
          status: 201,
          json: { total: state.total },
          headers: { location: '/counters/1' },
        }),
      },
    )
    expect({ status, json }).toEqual({ status: 201, json: { total: 5 } })
    expect(headers.get('location')).toBe('/counters/1')
    expect(headers.get('etag')).toBe('"1"')
  })

  it('has the effect of an Idempotency-Key once, and gives the same answer again', async () => {
    const [id, key] = [freshId(), { 'idempotency-key': 'k-1' }]
    const first = await send(id, add(1), key)
    await send(id, add(10))
    const again = await send(id, { amounts: [1], type: 'Add' }, key)
    expect(again.json).toEqual(first.json)
    expect(again.headers.get('etag')).toBe('"1"')
    expect(await recorded(id)).toHaveLength(2)
  })

  it('rejects the same Idempotency-Key with other content, and does not give the old answer', async () => {
    const [id, key] = [freshId(), { 'idempotency-key': 'k-1' }]
    await send(id, add(1), key)
    const other = await send(id, add(2), key)
    expect(other).toMatchObject({ status: 422, json: { code: 'idempotency-key-reused' } })
    expect(await recorded(id)).toHaveLength(1)
  })

  it('binds an Idempotency-Key to what was sent, not to the command that was made of it', async () => {
    let time = 0
    const endpoint = commandEndpoint(openCategory(counter, { store: at.second }), {
      command: (body, { url }) => ({ type: 'Note', text: `${url} ${String(body)} ${++time}` }),
    })
    const [id, headers] = [freshId(), { 'idempotency-key': 'k-1' }]
    const statuses: number[] = []
    for (const request of [
      requestWith('a', headers, '/x?y=1'),
      requestWith('a', headers, '/x?y=1'),
      requestWith('b', headers, '/x?y=1'),
      requestWith('a', headers, '/x?y=2'),
      requestWith('a', headers, '/z?y=1'),
    ]) {
      statuses.push((await endpoint(request, id)).status)
    }
    expect(statuses).toEqual([200, 200, 422, 422, 422])
    expect(await recorded(id)).toHaveLength(1)
  })

  it('waits for a command that is promised, and needs no content to make one', async () => {
    const endpoint = commandEndpoint(openCategory(counter, { store: at.second }), {
      command: async (body) => Promise.resolve({ type: 'Note', text: String(body) }),
    })
    const [id, url] = [freshId(), 'http://localhost/counters']
    const key = { 'idempotency-key': 'k' }
    for (const headers of [{}, key, key]) {
      expect((await endpoint(new Request(url, { method: 'POST', headers }), id)).status).toBe(200)
    }
    const withContent = requestWith('a', key)
    expect((await endpoint(withContent, id)).status).toBe(422)
    expect((await recorded(id)).map(({ data }) => data)).toEqual([
      { text: 'undefined' },
      { text: 'undefined' },
    ])
    const typed = { method: 'POST', headers: { 'content-type': 'application/json' } }
    expect((await endpoint(new Request(url, typed), id)).status).toBe(400)
    const plain = commandEndpoint(openCategory(counter, { store: at.second }))
    expect((await plain(new Request(url, { method: 'POST' }), id)).status).toBe(415)
  })

  it('enforces If-Match: a stale tag is 412, and the answer names the current one', async () => {
    const id = freshId()
    await send(id, add(1))
    expect(await send(id, add(1), { 'if-match': '"1"' })).toMatchObject({ status: 200 })
    const stale = await send(id, add(1), { 'if-match': '"1"' })
    expect(stale).toMatchObject({
      status: 412,
      json: { code: 'precondition-failed', entityTag: '"2"' },
    })
    expect(await recorded(id)).toHaveLength(2)
  })

  it('lets exactly one of ten with the same If-Match win', async () => {
    const id = freshId()
    await send(id, add(1))
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send(id, add(1), { 'if-match': '"1"' })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)])
    expect(await recorded(id)).toHaveLength(2)
  })

  it.each([
    ['if-match', '*', 412, 200],
    ['if-none-match', '*', 200, 412],
    ['if-match', 'W/"1"', 412, 412],
    ['if-match', '"1", "7"', 412, 200],
    ['if-match', '"0", "1"', 200, 200],
    ['if-none-match', '"1"', 200, 412],
    ['if-none-match', '"7", W/"1"', 200, 412],
    ['if-none-match', '"7"', 200, 200],
  ])(
    'enforces %s: %s on nothing (%i) and on version 1 (%i)',
    async (name, value, without, with1) => {
      const [nothing, one] = [freshId(), freshId()]
      await send(one, add(1))
      expect(await send(nothing, add(1), { [name]: value })).toMatchObject({ status: without })
      expect(await send(one, add(1), { [name]: value })).toMatchObject({ status: with1 })
      expect(await recorded(nothing)).toHaveLength(without === 200 ? 1 : 0)
      expect(await recorded(one)).toHaveLength(with1 === 200 ? 2 : 1)
    },
  )

  it('gives the first answer to a repeated key, also when its precondition holds no more', async () => {
    const id = freshId()
    const preconditions: ReadonlyArray<Headers> = [
      { 'if-none-match': '*' },
      { 'if-match': '"2"' },
      { 'if-match': '"4", "9"' },
      { 'if-none-match': '"1", "7"' },
      { 'if-match': '*' },
    ]
    for (const [index, precondition] of preconditions.entries()) {
      const headers = { ...precondition, 'idempotency-key': `k-${index}` }
      const first = await send(id, add(1), headers)
      expect(first.status).toBe(200)
      await send(id, add(1))
      expect(await send(id, add(1), headers)).toMatchObject({ status: 200, json: first.json })
    }
    expect(await recorded(id)).toHaveLength(10)
  })

  it('shows every issue of an invalid command, and a rejection by its name', async () => {
    const id = freshId()
    expect(await send(id, { type: 'Add', amounts: [1, 'x'] })).toMatchObject({
      status: 400,
      json: {
        code: 'invalid-command',
        errors: [{ pointer: '#/amounts/1', detail: 'expected number, got "x"' }],
      },
    })
    const rejected = await send(id, add(-1))
    expect(rejected).toMatchObject({ status: 422, json: { code: 'below-zero' } })
    expect(rejected.json).not.toHaveProperty('total')
    expect(await recorded(id)).toEqual([])
  })

  it('records where a request comes from, and names the correlation in every answer', async () => {
    const id = freshId()
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const endpoint = commandEndpoint(openCategory(counter, { store: at.store }))
    const headers = { traceparent, 'x-causation-id': 'c', 'idempotency-key': 'k' }
    const response = await endpoint(requestWith(add(1), headers), id, {
      actor: 'Ada',
      extra: { till: 4 },
    })
    expect(response.headers.get('x-correlation-id')).toBe('4bf92f3577b34da6a3ce929d0e0e4736')
    const unnamed = await send(id, add(1))
    const own = unnamed.headers.get('x-correlation-id') ?? ''
    const refused = await send(id, add(-9), { 'x-correlation-id': 'order-7' })
    expect(refused.headers.get('x-correlation-id')).toBe('order-7')
    expect((await recorded(id)).map(({ metadata }) => metadata)).toEqual([
      {
        actor: 'Ada',
        commandId: 'k',
        causationId: 'c',
        correlationId: '4bf92f3577b34da6a3ce929d0e0e4736',
        extra: { traceparent, till: 4 },
      },
      { correlationId: own },
    ])
    expect(own).toMatch(/^[\da-f-]{36}$/)
  })

  it.each([
    [{}, 'idempotency-key', 400, 'idempotency-key-required'],
    [{ 'if-match': '*' }, 'idempotency-key', 400, 'idempotency-key-required'],
    [{}, 'precondition', 428, 'precondition-required'],
    [{ 'idempotency-key': 'k' }, 'precondition', 428, 'precondition-required'],
  ] as const)('refuses %j when %s is required', async (headers, required, status, code) => {
    const id = freshId()
    const answer = await send(id, add(1), headers, { required: [required] })
    expect(answer).toMatchObject({ status, json: { code } })
    const both = { 'idempotency-key': 'k', 'if-none-match': '*' }
    const options: Options = { required: ['idempotency-key', 'precondition'] }
    expect(await send(id, add(1), both, options)).toMatchObject({ status: 200 })
  })
})

describe('an endpoint for commands', () => {
  const throwing = (): never => {
    throw new Error('select secret from events')
  }

  it.each<readonly [string, Options]>([
    ['command', { command: throwing }],
    ['command, by rejecting its promise', { command: () => Promise.reject(new Error('secret')) }],
    ['answer', { answer: throwing }],
    ['answer, by giving nothing', { answer: () => null as never }],
    ['answer, by giving what is not JSON', { answer: () => ({ json: 1n }) }],
    ['answer, by giving no status', { answer: () => ({ status: 42 }) }],
    ['rejected', { rejected: throwing }],
  ])('answers with an internal error when the application fails in %s', async (_name, options) => {
    const [backend, failures] = [memory(), [] as unknown[]]
    const endpoint = commandEndpoint(openCategory(counter, backend), {
      ...options,
      onFailure: (failure) => {
        failures.push(failure)
        throwing()
      },
    })
    const body = options.rejected === undefined ? add(1) : add(-1)
    const response = await endpoint(requestWith(body), freshId())
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(JSON.parse(text)).toMatchObject({ code: 'internal-error' })
    expect(text).not.toContain('secret')
    expect(failures).toHaveLength(1)
  })

  it.each([null, undefined, 7])(
    'refuses a command that the application makes of %s',
    async (made) => {
      const endpoint = commandEndpoint(openCategory(counter, memory()), { command: () => made })
      const response = await endpoint(requestWith(add(1)), freshId())
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'invalid-command' })
    },
  )

  it('has a correlation of its own when the application has none to give', async () => {
    const endpoint = commandEndpoint(openCategory(counter, memory()))
    const metadata = JSON.parse('{"actor":"Ada"}') as { correlationId: string }
    const nothing = { ...metadata, correlationId: undefined as never }
    const response = await endpoint(requestWith(add(1)), freshId(), nothing)
    expect(response.headers.get('x-correlation-id')).toMatch(/^[\da-f-]{36}$/)
    const hostile = { correlationId: 'a\r\nset-cookie: b' }
    const unnamed = await endpoint(requestWith(add(1)), freshId(), hostile)
    expect([unnamed.status, unnamed.headers.get('x-correlation-id')]).toEqual([200, null])
  })

  it('does not answer 412 when it loses to other writers at every attempt', async () => {
    const lost = (request: AppendRequest): ReturnType<EventStore['append']> =>
      TE.left({
        _tag: 'VersionConflict',
        streamId: request.streamId,
        expected: request.expectedVersion,
        actual: 1,
        attempts: 1,
        message: 'lost',
      })
    const backend = memory()
    const store: EventStore = { ...backend.store, append: lost }
    const counters = openCategory(counter, { store }, { retry: { attempts: 2, maxBackoff: 1 } })
    const endpoint = commandEndpoint(counters)
    const id = freshId()
    expect((await endpoint(requestWith(add(1)), id)).status).toBe(409)
    const unseen = await endpoint(requestWith(add(1), { 'if-none-match': '"7"' }), id)
    expect(unseen.status).toBe(409)
  })

  it('says so when it is not known whether the command had its effect', async () => {
    const backend = memory()
    const failed = storeFailed('ConnectionLost', 'unknown', new Error('select 1'))
    const store: EventStore = { ...backend.store, append: () => TE.left(failed) }
    const failures: unknown[] = []
    const endpoint = commandEndpoint(openCategory(counter, { store }), {
      onFailure: ({ error }) => failures.push(error),
    })
    const without = await endpoint(requestWith(add(1)), freshId())
    const withKey = await endpoint(requestWith(add(1), { 'idempotency-key': 'k' }), freshId())
    expect([without.status, withKey.status]).toEqual([504, 504])
    expect([without, withKey].map(({ headers }) => headers.get('retry-after'))).toEqual([null, '1'])
    expect(await withKey.text()).not.toContain('select')
    expect(failures).toEqual([failed, failed])
  })

  it('gives the same answer over HTTP and from code, under one id', async () => {
    const backend = memory()
    const counters = openCategory(counter, backend)
    const id = freshId()
    const first = rightOf(await counters.handleCommand(id, add(1), { commandId: 'k' })())
    const response = await commandEndpoint(counters)(
      requestWith(add(1), { 'idempotency-key': 'k' }),
      id,
    )
    expect(await response.json()).toMatchObject({ version: first.version })
    expect(E.isRight(await counters.load(id)())).toBe(true)
  })
})
