import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { answerClientError, httpProblem, nodeListener, problemResponse } from 'reprise/http'
import type { Endpoints } from '../gift-cards/endpoints'
import type { Listening } from '../listening'

type Endpoint = Endpoints['commands']
type WithId = FastifyRequest<{ readonly Params: { readonly id: string } }>

/** Fastify does not touch a reply that is hijacked: the endpoint answers. */
const answerWith = (
  handler: (request: Request) => Promise<Response> | Response,
  { raw: incoming }: FastifyRequest,
  reply: FastifyReply,
): void => {
  reply.hijack()
  nodeListener(handler)(incoming, reply.raw)
}

const route = (endpoint: Endpoint) => (request: WithId, reply: FastifyReply) =>
  answerWith((web) => endpoint(web, request.params.id), request, reply)

/** Fastify refuses what it cannot read, a URL for instance, with a status of its own. */
const onError = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const status: unknown = Reflect.get(Object(error), 'statusCode')
  const isClients = typeof status === 'number' && status >= 400 && status < 500
  if (!isClients) console.error(error)
  const shown = isClients ? httpProblem(status, 'bad-request') : httpProblem(500, 'internal-error')
  answerWith(() => problemResponse(shown), request, reply)
}

export const listenWithFastify = async (endpoints: Endpoints, port: number): Promise<Listening> => {
  const app = Fastify({
    clientErrorHandler: answerClientError,
    frameworkErrors: onError,
    routerOptions: { maxParamLength: 1_000 },
  })
  // The endpoints read the content themselves: up to their limit, and with their problems.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _content, done) => {
    done(null)
  })
  app.post('/gift-cards/:id/commands', route(endpoints.commands))
  app.post('/gift-cards/:id/redemptions', route(endpoints.redemptions))
  app.get('/gift-cards/:id', route(endpoints.show))
  app.get('/balances/:id', route(endpoints.balance))
  app.setNotFoundHandler((request, reply) => answerWith(() => endpoints.notFound(), request, reply))
  app.setErrorHandler(onError)
  const url = await app.listen({ port, host: '127.0.0.1' })
  return { url, close: () => app.close() }
}
