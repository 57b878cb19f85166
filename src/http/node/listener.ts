import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import * as E from 'fp-ts/Either'
import { propertyOf } from '../../core/owns'
import { catching } from '../../shell/catching'
import { failureResponse, type OnFailure } from '../answer'
import { httpProblem, internalError, problemResponse } from '../problem'
import { requestFrom } from './incoming'
import { sendResponse } from './outgoing'

/** An application, or one route of it. */
export type RequestHandler = (request: Request) => Promise<Response> | Response

/** The options of {@link nodeListener}. Every key is optional. */
export interface NodeListenerOptions {
  /** Called with what the handler throws, or is rejected with. What it throws is ignored. Default: nothing is logged. */
  readonly onFailure?: OnFailure
}

const handled = async (
  handler: RequestHandler,
  request: Request,
  onFailure: OnFailure | undefined,
): Promise<Response> => {
  try {
    return await handler(request)
  } catch (error) {
    return failureResponse(onFailure, { error, problem: internalError, request })
  }
}

/** Never rejected. */
const answer = async (
  handler: RequestHandler,
  onFailure: OnFailure | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  const received = requestFrom(incoming, outgoing)
  const response = E.isLeft(received)
    ? problemResponse(received.left)
    : await handled(handler, received.right.request, onFailure)
  const release = E.isLeft(received) ? () => undefined : received.right.release
  try {
    await sendResponse(incoming, outgoing, response, release)
  } catch {
    // Not a response at all, or the connection broke in between: there is no other way to say so.
    outgoing.destroy()
  }
}

/**
 * A handler of web-standard requests as a listener of node: for `createServer`, and for Express and Fastify, which give
 * node's own objects.
 *
 * - The content is read as fast as the handler reads it, and the answer is written as fast as the client reads it.
 * - The request's signal is aborted when the client goes away.
 * - What the handler throws is answered with `internal-error`; a request that is none with `malformed-request`.
 *
 * Let no body parser run before it.
 *
 * @example
 * createServer(nodeListener((request) => show(request, 'G1'))).listen(8080)
 */
export const nodeListener =
  (
    handler: RequestHandler,
    { onFailure }: NodeListenerOptions = {},
  ): ((incoming: IncomingMessage, outgoing: ServerResponse) => void) =>
  (incoming, outgoing) =>
    void answer(handler, onFailure, incoming, outgoing)

const tooLarge = httpProblem(431, 'headers-too-large', 'The headers of the request are too large.')
const tooSlow = httpProblem(408, 'request-timeout', 'The request did not arrive in time.')
const malformed = httpProblem(400, 'malformed-request', 'The request is not valid HTTP.')

const problemOfCode = (code: unknown) => {
  if (code === 'HPE_HEADER_OVERFLOW') return tooLarge
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? tooSlow : malformed
}

/** Whether an answer to an earlier part of the same bytes has begun: another one would be taken for a part of it. */
const isAnswered = (socket: object): boolean =>
  propertyOf(propertyOf(socket, '_httpMessage'), 'headersSent') === true

/**
 * Answers what node cannot even parse with a problem document, and closes the connection: a listener for `clientError`.
 * It only closes the connection if an answer has begun. Never throws.
 *
 * @example
 * server.on('clientError', answerClientError)
 */
export const answerClientError = (
  error: Error,
  socket: Pick<Socket, 'writable' | 'end' | 'destroy'>,
): void => {
  const code = propertyOf(error, 'code')
  if (!socket.writable || isAnswered(socket) || code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const problem = problemOfCode(code)
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'connection: close',
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
  ].join('\r\n')
  catching(() => socket.end(`${head}\r\n\r\n${body}`))
}
