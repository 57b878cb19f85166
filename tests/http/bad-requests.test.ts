import * as E from 'fp-ts/Either'
import { memory } from 'reprise/memory'
import { listenWithExpress } from '../../examples/http/express/server'
import { listenWithFastify } from '../../examples/http/fastify/server'
import { openEndpoints } from '../../examples/http/gift-cards/endpoints'
import { listenWithHono } from '../../examples/http/hono/server'
import type { Listening } from '../../examples/http/listening'
import { sendRaw } from '../support/raw-http'
import { badRequests } from './bad-requests'

/** What would tell a stranger how the server is made. */
const INTERNALS =
  /node_modules|\.[cm]?[jt]s:\d|\bat .*\(|TypeError|SyntaxError|giftcard-|\bselect\b/i

it('has at least two hundred cases', () => {
  expect(badRequests.length).toBeGreaterThanOrEqual(200)
})

describe.each([
  ['Fastify', listenWithFastify],
  ['Hono', listenWithHono],
  ['Express', listenWithExpress],
])('bad input over a socket to %s', (_name, listen) => {
  const backend = memory()
  const failures: unknown[] = []
  let server: Listening

  beforeAll(async () => {
    server = await listen(
      openEndpoints(backend, ({ error }) => failures.push(error)),
      0,
    )
  })
  afterAll(() => server.close())

  const stored = async () => {
    const page = await backend.store.readAll({ after: 0, limit: 1 })()
    return E.isRight(page) ? page.right.events : page.left
  }

  it.each(badRequests)(
    'is answered with a problem document, and nothing is stored: $name',
    async ({ bytes, statuses }) => {
      const { status, headers, text } = await sendRaw(server.url, bytes)

      expect({ statuses, status, text }).toEqual({
        statuses: expect.arrayContaining([status]),
        status,
        text,
      })
      expect(headers['content-type']).toBe('application/problem+json')
      const problem = JSON.parse(text) as Readonly<Record<string, unknown>>
      expect(problem).toMatchObject({ status, type: 'about:blank', code: expect.any(String) })
      expect(text).not.toMatch(INTERNALS)
      expect(await stored()).toEqual([])
    },
  )

  it('is no failure of the server, and it answers the next request', async () => {
    expect(failures).toEqual([])
    const response = await fetch(`${server.url}/gift-cards/G1/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"type":"IssueGiftCard","amount":5000}',
    })
    expect(response.status).toBe(200)
    expect(await stored()).toHaveLength(1)
  })
})
