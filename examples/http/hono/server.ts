import { createServer } from 'node:http'
import { Hono } from 'hono'
import { httpProblem, nodeListener, problemResponse } from 'reprise/http'
import type { Endpoints } from '../gift-cards/endpoints'
import { type Listening, listening } from '../listening'

/** Hono gives web-standard requests: the endpoints take them as they are. */
export const listenWithHono = (endpoints: Endpoints, port: number): Promise<Listening> => {
  const app = new Hono()
  app.post('/gift-cards/:id/commands', (c) => endpoints.commands(c.req.raw, c.req.param('id')))
  app.post('/gift-cards/:id/redemptions', (c) =>
    endpoints.redemptions(c.req.raw, c.req.param('id')),
  )
  app.get('/gift-cards/:id', (c) => endpoints.show(c.req.raw, c.req.param('id')))
  app.get('/balances/:id', (c) => endpoints.balance(c.req.raw, c.req.param('id')))
  app.notFound(() => endpoints.notFound())
  app.onError((error) => {
    console.error(error)
    return problemResponse(httpProblem(500, 'internal-error'))
  })
  return listening(createServer(nodeListener((request) => app.fetch(request))), port)
}
