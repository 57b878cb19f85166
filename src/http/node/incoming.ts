import type { IncomingMessage, ServerResponse } from 'node:http'
import * as E from 'fp-ts/Either'
import { catching } from '../../shell/catching'
import { bodyUsed } from '../json-body'
import { httpProblem, type Problem } from '../problem'

const HOST = /^(?:[\w.~%-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i

const isEncrypted = ({ socket }: IncomingMessage): boolean => 'encrypted' in socket

/** Frameworks take the path of a router off `url`, and keep the whole under this name. */
const targetOf = (incoming: IncomingMessage): string => {
  const whole: unknown = Reflect.get(incoming, 'originalUrl')
  return typeof whole === 'string' ? whole : (incoming.url ?? '/')
}

const malformed = httpProblem(
  400,
  'malformed-request',
  'The URL or the Host of the request is not valid.',
)

const unsupported = httpProblem(
  501,
  'method-not-supported',
  'The method of the request is not supported.',
)

/** The URL of a request. Its origin is what the client claims, and good for nothing but to build a URL. */
const urlOf = (incoming: IncomingMessage): E.Either<Problem, URL> => {
  const target = targetOf(incoming)
  const host = incoming.headers[':authority'] ?? incoming.headers.host ?? 'localhost' // HTTP/1.0
  if (typeof host !== 'string' || !HOST.test(host)) return E.left(malformed)
  const origin = `${isEncrypted(incoming) ? 'https' : 'http'}://${host}`
  const isAbsolute = /^https?:\/\//i.test(target)
  if (!isAbsolute && !target.startsWith('/')) return E.left(malformed)
  const url = catching(() => new URL(isAbsolute ? target : origin + target))
  return E.isLeft(url) ? E.left(malformed) : url
}

const headersOf = ({ rawHeaders }: IncomingMessage): Headers => {
  const headers = new Headers()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!name.startsWith(':')) headers.append(name, rawHeaders[index + 1] ?? '')
  }
  return headers
}

/** Whether a request has a body, by its headers: only then is there something left to read. */
export const hasBody = ({ headers, httpVersionMajor, readableEnded }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined ||
  Number(headers['content-length'] ?? 0) > 0 ||
  (httpVersionMajor > 1 && headers['content-length'] === undefined && !readableEnded)

/** The body of a request, until it is released. */
interface Body {
  readonly stream: ReadableStream<Uint8Array>
  /** Ends it: what arrives from now on is not a part of it. */
  readonly release: () => void
}

/** The body as a web stream, which is read from the client no faster than it is read here. */
const bodyOf = (incoming: IncomingMessage): Body => {
  let release = (): void => undefined
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      const onData = (chunk: Uint8Array): void => {
        controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
        if ((controller.desiredSize ?? 0) <= 0) incoming.pause()
      }
      const onEnd = (): void => {
        detach()
        controller.close()
      }
      const onClose = (): void => {
        detach()
        controller.error(new Error('the content is not complete, or was released'))
      }
      const detach = (): void => {
        incoming.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      }
      incoming.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
      incoming.pause()
      release = onClose
    },
    pull: () => void incoming.resume(),
    cancel: () => {
      incoming.pause()
      release()
    },
  })
  return { stream, release: () => release() }
}

/** A web-standard request. */
export interface IncomingRequest {
  readonly request: Request
  /** Call it once the request is answered: the rest of its body is not read any more. */
  readonly release: () => void
}

/**
 * A request of node as a web-standard one. Its signal is aborted when the client goes away before it has the answer.
 *
 * Fails with `malformed-request` (400) and `method-not-supported` (501); with `body-used` (500) if a body parser of a
 * framework has read the content.
 */
export const requestFrom = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): E.Either<Problem, IncomingRequest> => {
  const url = urlOf(incoming)
  if (E.isLeft(url)) return url
  const { method = 'GET' } = incoming
  const withBody = method !== 'GET' && method !== 'HEAD' && hasBody(incoming)
  if (withBody && (incoming.readableEnded || incoming.destroyed)) return E.left(bodyUsed)
  const controller = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) controller.abort()
  })
  const body = withBody ? bodyOf(incoming) : undefined
  const request = catching(
    () =>
      new Request(url.right, {
        method,
        headers: headersOf(incoming),
        signal: controller.signal,
        ...(body === undefined ? {} : { body: body.stream, duplex: 'half' }),
      }),
  )
  if (E.isLeft(request)) return E.left(unsupported)
  return E.right({ request: request.right, release: () => body?.release() })
}
