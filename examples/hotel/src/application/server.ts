import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { answerClientError, httpProblem, nodeListener, problemResponse } from 'reprise/http'
import type { Routes } from './routes.js'

type Handler = (request: Request) => Promise<Response> | Response

/** Fastify does not touch a reply that is hijacked: the handler answers. */
const answerWith = (handler: Handler, request: FastifyRequest, reply: FastifyReply): void => {
  reply.hijack()
  nodeListener(handler)(request.raw, reply.raw)
}

/** Fastify refuses what it cannot read, a URL for instance, with a status of its own. */
const onError = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const status: unknown = Reflect.get(Object(error), 'statusCode')
  const isClients = typeof status === 'number' && status >= 400 && status < 500
  if (!isClients) console.error(error)
  const shown = isClients ? httpProblem(status, 'bad-request') : httpProblem(500, 'internal-error')
  answerWith(() => problemResponse(shown), request, reply)
}

/** A server without routes, that answers whatever it cannot serve with a problem. */
export const createApp = (): FastifyInstance => {
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
  app.setErrorHandler(onError)
  app.setNotFoundHandler((request, reply) => {
    answerWith(() => problemResponse(httpProblem(404, 'not-found')), request, reply)
  })
  return app
}

/** Adds the routes of one hotel. */
export const serve = (app: FastifyInstance, hotel: string, routes: Routes): void => {
  for (const [route, endpoint] of Object.entries(routes)) {
    const [method = '', path = ''] = route.split(' ')
    app.route<{ readonly Params: { readonly id?: string } }>({
      method,
      url: `/${hotel}${path}`,
      handler: (request, reply) => {
        answerWith((web) => endpoint(web, request.params.id ?? ''), request, reply)
      },
    })
  }
}
