import { createServer } from 'node:http'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { httpProblem, nodeListener, problemResponse } from 'reprise/http'
import type { Endpoints } from '../gift-cards/endpoints'
import { type Listening, listening } from '../listening'

type Endpoint = Endpoints['commands']

/** Express gives node's own objects; no body parser runs before. */
const route =
  (endpoint: Endpoint): RequestHandler<{ readonly id: string }> =>
  (incoming, outgoing) =>
    nodeListener((request) => endpoint(request, incoming.params.id))(incoming, outgoing)

/** Express refuses what it cannot read, a URL for instance, with a status of its own. */
const onError: ErrorRequestHandler = (error: unknown, incoming, outgoing, _next) => {
  const status: unknown = Reflect.get(Object(error), 'status')
  const isClients = typeof status === 'number' && status >= 400 && status < 500
  if (!isClients) console.error(error)
  const shown = isClients ? httpProblem(status, 'bad-request') : httpProblem(500, 'internal-error')
  nodeListener(() => problemResponse(shown))(incoming, outgoing)
}

export const listenWithExpress = (endpoints: Endpoints, port: number): Promise<Listening> => {
  const app = express()
  app.disable('x-powered-by')
  app.post('/gift-cards/:id/commands', route(endpoints.commands))
  app.post('/gift-cards/:id/redemptions', route(endpoints.redemptions))
  app.get('/gift-cards/:id', route(endpoints.show))
  app.get('/balances/:id', route(endpoints.balance))
  app.use(nodeListener(() => endpoints.notFound()))
  app.use(onError)
  return listening(createServer(app), port)
}
