import { runProjection } from 'reprise'
import { memory } from 'reprise/memory'
import { listenWithExpress } from '../../examples/http/express/server'
import { listenWithFastify } from '../../examples/http/fastify/server'
import { balances } from '../../examples/http/gift-cards/balances'
import { openEndpoints } from '../../examples/http/gift-cards/endpoints'
import { listenWithHono } from '../../examples/http/hono/server'
import type { Listening } from '../../examples/http/listening'
import { running } from '../support/running'

describe.each([
  ['Fastify', listenWithFastify],
  ['Hono', listenWithHono],
  ['Express', listenWithExpress],
])('the gift cards over a socket, on %s', (_name, listen) => {
  const backend = memory()
  const failures: unknown[] = []
  const projection = running((signal) => runProjection(balances)(backend, { signal }))
  let server: Listening

  beforeAll(async () => {
    server = await listen(
      openEndpoints(backend, ({ error }) => failures.push(error)),
      0,
    )
  })
  afterAll(async () => {
    await server.close()
    await projection.stop()
    expect(failures).toEqual([])
  })

  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const issue = (id: string, amount: number): Promise<Response> =>
    post(`/gift-cards/${id}/commands`, { type: 'IssueGiftCard', amount })

  it('are issued, shown, and redeemed at the version that was shown', async () => {
    expect((await issue('G1', 50)).status).toBe(200)
    const shown = await fetch(`${server.url}/gift-cards/G1`)
    expect(await shown.json()).toEqual({ balance: 50, version: 1 })
    const etag = shown.headers.get('etag') ?? ''
    const again = await fetch(`${server.url}/gift-cards/G1`, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)

    const headers = { 'if-match': etag, 'idempotency-key': 'r-1' }
    const redeemed = await post('/gift-cards/G1/redemptions', { amount: 20 }, headers)
    expect(redeemed.status).toBe(201)
    expect(await redeemed.json()).toEqual({ balance: 30, version: 2 })
    const stale = await post(
      '/gift-cards/G1/redemptions',
      { amount: 20 },
      { ...headers, 'idempotency-key': 'r-2' },
    )
    expect(stale.status).toBe(412)
  })

  it('are redeemed once, however often that is sent, although the server adds the time', async () => {
    await issue('G2', 50)
    const headers = { 'idempotency-key': 'r-1' }
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post('/gift-cards/G2/redemptions', { amount: 20 }, headers)),
    )
    for (const answer of answers) {
      expect([answer.status, await answer.json()]).toEqual([201, { balance: 30, version: 2 }])
    }
    const other = await post('/gift-cards/G2/redemptions', { amount: 21 }, headers)
    expect(other.status).toBe(422)
    expect(await other.json()).toMatchObject({ code: 'idempotency-key-reused' })
  })

  it('show their balance to a reader that has just written', async () => {
    const written = await issue('G3', 50)
    const position = written.headers.get('reprise-position') ?? ''
    const balance = await fetch(`${server.url}/balances/G3`, {
      headers: { 'reprise-position': position },
    })
    expect(await balance.json()).toEqual({ balance: 50 })
  })

  it.each([
    ['/gift-cards/G4/redemptions', { amount: 1 }, 404, 'not-issued'],
    ['/gift-cards/G3/commands', { type: 'IssueGiftCard', amount: 1 }, 409, 'already-issued'],
    ['/gift-cards/G3/redemptions', { amount: 51 }, 422, 'balance-too-low'],
    ['/gift-cards/G3/redemptions', { amount: '51' }, 400, 'invalid-command'],
    ['/gift-cards/G3/redemptions', [], 400, 'invalid-command'],
  ])('explain why %s with %j is %i', async (path, body, status, code) => {
    const answer = await post(path, body, { 'idempotency-key': 'k' })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ status, code })
  })

  it('are missing where there is no route', async () => {
    const answer = await fetch(`${server.url}/gift-card`)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ status: 404, code: 'not-found' })
  })
})
