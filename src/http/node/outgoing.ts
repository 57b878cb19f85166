import type { IncomingMessage, ServerResponse } from 'node:http'
import { clearTimeout, setTimeout } from '../../platform/node'
import { hasBody } from './incoming'

/** Milliseconds in which a client must take some of the answer. */
const MOST_STALLED = 60_000

/** How much more of a request is read, and for how long, once it is answered: a client that is still sending may not
 * read an answer before. Bytes, milliseconds. */
const MOST_DISCARDED = 16_777_216
const MOST_DISCARDING = 1_000

const ignore = (): void => undefined

/** Resolves when one of the events comes, or after so many milliseconds. */
const untilEvent = (
  emitter: IncomingMessage | ServerResponse,
  events: ReadonlyArray<string>,
  milliseconds: number,
): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      for (const event of events) emitter.off(event, end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    for (const event of events) emitter.on(event, end)
  })

/** To write to it now would be an error. */
const isGone = ({ destroyed }: ServerResponse): boolean => destroyed

/** Writes one piece, and waits until there is room for the next. Whether the client is still taking them. */
const write = async (outgoing: ServerResponse, piece: Uint8Array): Promise<boolean> => {
  if (isGone(outgoing)) return false
  if (!outgoing.write(piece)) await untilEvent(outgoing, ['drain', 'close'], MOST_STALLED)
  return !isGone(outgoing) && !outgoing.writableNeedDrain
}

const isUnread = (incoming: IncomingMessage): boolean => hasBody(incoming) && !incoming.complete

/** Reads what the client is still sending, up to a bound. */
const discard = async (incoming: IncomingMessage): Promise<void> => {
  let size = 0
  const onData = (chunk: Uint8Array): void => {
    size += chunk.byteLength
    if (size > MOST_DISCARDED) incoming.emit('discarded')
  }
  incoming.on('data', onData).resume()
  await untilEvent(incoming, ['end', 'close', 'error', 'discarded'], MOST_DISCARDING)
  incoming.off('data', onData).pause()
}

const writeHead = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, headers }: Response,
): void => {
  for (const [name, value] of headers) {
    if (name !== 'set-cookie') outgoing.setHeader(name, value)
  }
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
  // What the client still sends is not the next request.
  if (isUnread(incoming) && incoming.httpVersionMajor < 2) outgoing.setHeader('connection', 'close')
  outgoing.writeHead(status)
}

/** The content, as fast as the client takes it. */
const writeBody = async (outgoing: ServerResponse, body: ReadableStream<Uint8Array>) => {
  const reader = body.getReader()
  const cancel = (): void => void reader.cancel().catch(ignore)
  outgoing.once('close', cancel)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      if (!(await write(outgoing, value))) {
        outgoing.destroy()
        return
      }
    }
  } catch {
    // It is not known where the content would have ended: the client must not take it for the whole.
    outgoing.destroy()
  } finally {
    outgoing.off('close', cancel)
    cancel()
  }
}

/**
 * Sends a web-standard response through node: with back-pressure; given up when the client goes away, or takes nothing
 * of it for a minute. What the client still sends is read for a second and up to 16 MiB, so that it can read its answer;
 * then the connection is closed.
 */
export const sendResponse = async (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  response: Response,
  release: () => void,
): Promise<void> => {
  outgoing.on('error', ignore) // without a listener it would end the process
  if (isGone(outgoing) || outgoing.headersSent) {
    await response.body?.cancel()
    return
  }
  writeHead(incoming, outgoing, response)
  const { body } = response
  if (body !== null) {
    if (incoming.method === 'HEAD') await body.cancel()
    else await writeBody(outgoing, body)
  }
  release()
  if (isUnread(incoming)) {
    outgoing.flushHeaders()
    await discard(incoming)
  }
  outgoing.end()
}
