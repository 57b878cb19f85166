import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import {
  answerClientError,
  httpProblem,
  nodeListener,
  problemResponse,
  readJson,
  type RequestHandler,
} from 'reprise/http'
import { sendRaw } from '../support/raw-http'
import { until } from '../support/until'

const servers: Server[] = []

/** A server with one handler, and its URL. */
const serve = async (handler: RequestHandler, onFailure = (): void => undefined) => {
  const server = createServer(nodeListener(handler, { onFailure }))
  server.on('clientError', answerClientError)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
})

describe('a listener of node', () => {
  it('hands out the request as it is', async () => {
    const url = await serve(async (request) => {
      const { method, url: whole, headers } = request
      return Response.json({
        method,
        path: new URL(whole).pathname + new URL(whole).search,
        host: new URL(whole).host,
        cookie: headers.get('cookie'),
        text: await request.text(),
      })
    })
    const response = await fetch(`${url}//a/%2F%20b?c=d&c=%C3%A4`, {
      method: 'PUT',
      headers: { cookie: 'a=b' },
      body: 'some text: ä',
    })
    expect(await response.json()).toEqual({
      method: 'PUT',
      path: '//a/%2F%20b?c=d&c=%C3%A4',
      host: new URL(url).host,
      cookie: 'a=b',
      text: 'some text: ä',
    })
  })

  it('sends status, headers, several cookies and the content', async () => {
    const url = await serve(() => {
      const headers = new Headers({ 'x-a': 'b' })
      headers.append('set-cookie', 'a=1')
      headers.append('set-cookie', 'b=2')
      return new Response('ok', { status: 418, headers })
    })
    const response = await fetch(url)
    expect(response.status).toBe(418)
    expect(response.headers.get('x-a')).toBe('b')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await response.text()).toBe('ok')
  })

  it.each([204, 304])('sends no content with %i, and keeps the connection', async (status) => {
    const url = await serve(() => new Response(null, { status }))
    for (const _ of [1, 2]) {
      const response = await fetch(url)
      expect(response.status).toBe(status)
      expect(await response.text()).toBe('')
    }
  })

  it('sends the headers alone to HEAD', async () => {
    const url = await serve(() => new Response('content', { headers: { etag: '"1"' } }))
    const response = await fetch(url, { method: 'HEAD' })
    expect(response.headers.get('etag')).toBe('"1"')
    expect(await response.text()).toBe('')
  })

  it('answers with an internal error, and reports it, when the handler throws or is rejected', async () => {
    const failures: unknown[] = []
    const failure = new Error('select secret')
    const handlers: ReadonlyArray<RequestHandler> = [
      () => {
        throw failure
      },
      () => Promise.reject(failure),
    ]
    for (const handler of handlers) {
      const url = await serve(handler, (...given: unknown[]) => failures.push(...given))
      const response = await fetch(url)
      expect(response.status).toBe(500)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(await response.text()).not.toContain('secret')
    }
    expect(failures).toMatchObject([{ error: failure }, { error: failure }])
  })

  it.each(['TRACE', 'TRACK'])('does not support %s', async (method) => {
    const url = await serve(() => new Response('ok'))
    const raw = `${method} / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`
    expect((await sendRaw(url, raw)).status).toBe(method === 'TRACE' ? 501 : 400)
  })

  it.each([
    ['a request without a Host of HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 200],
    [
      'an absolute URL',
      'GET http://a.example/b HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n',
      200,
    ],
    [
      'another scheme',
      'GET ftp://a.example/b HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n',
      400,
    ],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n', 400],
    ['an IPv6 host', 'GET / HTTP/1.1\r\nhost: [::1]:80\r\nconnection: close\r\n\r\n', 200],
    ['a host with credentials', 'GET / HTTP/1.1\r\nhost: a@b\r\nconnection: close\r\n\r\n', 400],
    ['a port out of range', 'GET / HTTP/1.1\r\nhost: a:99999\r\nconnection: close\r\n\r\n', 400],
  ])('understands, or refuses: %s', async (_name, raw, status) => {
    const url = await serve(() => new Response('ok'))
    expect((await sendRaw(url, raw)).status).toBe(status)
  })

  it('aborts the signal when the client goes away', async () => {
    const [signals, aborted] = [[] as AbortSignal[], [] as boolean[]]
    const url = await serve(async ({ signal }) => {
      signals.push(signal)
      await new Promise((gone) => signal.addEventListener('abort', gone))
      aborted.push(signal.aborted)
      return new Response('too late')
    })
    const controller = new AbortController()
    const response = fetch(url, { signal: controller.signal })
    await until(() => Promise.resolve(signals[0]))
    controller.abort()
    await expect(response).rejects.toThrow()
    await until(() => Promise.resolve(aborted.length > 0 ? aborted : undefined))
  })

  it('does not abort the signal of a request that was answered', async () => {
    const signals: AbortSignal[] = []
    const url = await serve(({ signal }) => {
      signals.push(signal)
      return new Response('ok')
    })
    const raw = 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'
    await sendRaw(url, raw)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  })

  it('fails a body whose sender goes away in the middle of it', async () => {
    const [requests, bodies] = [[] as Request[], [] as unknown[]]
    const url = await serve(async (request) => {
      requests.push(request)
      bodies.push(await readJson(request))
      return new Response('ok')
    })
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a"',
    )
    await until(() => Promise.resolve(requests[0]))
    socket.destroy()
    const [body] = await until(() => Promise.resolve(bodies.length > 0 ? bodies : undefined))
    expect(body).toMatchObject({ left: { status: 400, code: 'incomplete-content' } })
  })

  it('reads no more of a body than its handler does', async () => {
    let read = 0
    let finish = (): void => undefined
    const answered = new Promise<void>((done) => (finish = done))
    const url = await serve(async (request) => {
      const body: ReadableStream<Uint8Array> | null = request.body
      const chunk = await body?.getReader().read()
      read += chunk?.value?.byteLength ?? 0
      await answered
      return new Response('ok')
    })
    const sent = await new Promise<number>((done) => {
      const upload = httpRequest(url, { method: 'POST' }, (response: IncomingMessage) => {
        response.resume()
      })
      upload.on('error', () => undefined)
      let bytes = 0
      const piece = Buffer.alloc(65_536)
      const send = (): void => {
        while (bytes < 100_000_000) {
          bytes += piece.length
          if (!upload.write(piece)) {
            // The kernel takes some megabytes; then nothing moves until the handler reads on.
            const stalled = setTimeout(() => done(bytes), 500)
            upload.once('drain', () => {
              clearTimeout(stalled)
              send()
            })
            return
          }
        }
        done(bytes)
      }
      send()
    })
    finish()
    expect(read).toBeLessThanOrEqual(65_536)
    expect(sent).toBeLessThan(50_000_000)
  })

  it('writes no more of an answer than its client takes, and stops when that goes away', async () => {
    let written = 0
    let cancelled = false
    const piece = new Uint8Array(65_536)
    const url = await serve(
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => {
              written += piece.length
              controller.enqueue(piece)
            },
            cancel: () => {
              cancelled = true
            },
          }),
        ),
    )
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    let before = -1
    await until(async () => {
      const same = written > 0 && written === before
      before = written
      await delay(100)
      return same || undefined
    })
    expect(written).toBeLessThan(50_000_000)
    socket.destroy()
    await until(() => Promise.resolve(cancelled || undefined))
  })

  it('writes all of a large answer to a client that is slow', async () => {
    const size = 20_000_000
    let left = size / 50_000
    const url = await serve(
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => {
              if (left === 0) controller.close()
              else controller.enqueue(new Uint8Array(50_000).fill(left--))
            },
          }),
        ),
    )
    const response = await fetch(url)
    let received = 0
    for await (const piece of response.body ?? []) {
      received += (piece as Uint8Array).byteLength
      await new Promise((resume) => setImmediate(resume))
    }
    expect(received).toBe(size)
  })

  it('cancels an answer that has nothing to say yet when its client goes away', async () => {
    let [begun, cancelled] = [false, false]
    const url = await serve(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => {
              controller.enqueue(new TextEncoder().encode('data: 1\n\n'))
            },
            cancel: () => {
              cancelled = true
            },
          }),
        ),
    )
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.once('data', () => (begun = true))
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    await until(() => Promise.resolve(begun || undefined))
    socket.destroy()
    expect(await until(() => Promise.resolve(cancelled || undefined))).toBe(true)
  })

  it('breaks the connection when the content of an answer fails half-way', async () => {
    const url = await serve(
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => {
              controller.enqueue(new Uint8Array([65]))
              controller.error(new Error('half-way'))
            },
          }),
        ),
    )
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
  })

  it('answers a client at once that has not sent all of its request', async () => {
    const url = await serve(() => problemResponse(httpProblem(413, 'content-too-large')))
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let received = ''
    socket.on('data', (piece: Buffer) => (received += piece.toString()))
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nx')
    await until(() => Promise.resolve(received.includes('content-too-large') || undefined), 900)
    expect(received).toMatch(/content-length: \d+\r\n/)
    expect(received).toMatch(/connection: close\r\n/)
    await new Promise((closed) => socket.once('close', closed))
  })

  it('does not wait for a body that its handler did not read, but has arrived', async () => {
    const url = await serve(() => new Response('ok'))
    const body = 'x'.repeat(500_000)
    const request = `POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    const start = performance.now()
    for (let turn = 0; turn < 10; turn++) expect((await sendRaw(url, request)).text).toBe('ok')
    expect(performance.now() - start).toBeLessThan(8_000) // each would wait a second
  })

  it('adds nothing to an answer that is under way when the rest of the request is malformed', async () => {
    const url = await serve(() => new Response('first'))
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let received = ''
    socket.on('data', (piece: Buffer) => (received += piece.toString()))
    const closed = new Promise((done) => socket.once('close', done))
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n')
    await until(() => Promise.resolve(received.includes('first') || undefined))
    socket.write('zz\r\n')
    await closed
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(received).not.toContain('malformed-request')
  })

  it('says so when a body parser has read the content before', async () => {
    const handler = nodeListener(() => new Response('ok'))
    const server = createServer((incoming, outgoing) => {
      incoming.resume().once('end', () => handler(incoming, outgoing))
    })
    servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const response = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: 'x' })
    expect(await response.json()).toMatchObject({ status: 500, code: 'body-used' })
  })
})

describe('readJson', () => {
  const json = { 'content-type': 'application/json' }
  const slowly = (pieces: ReadonlyArray<string>, end: boolean) =>
    new Request('http://localhost', {
      method: 'POST',
      headers: json,
      body: new ReadableStream({
        start: (controller) => {
          for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
          if (end) controller.close()
        },
      }),
      duplex: 'half',
    })

  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF8"',
    'application/vnd.api+json',
    'application/merge-patch+json; version=1',
  ])('reads %s', async (type) => {
    const request = new Request('http://localhost', {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{"a":"ä"}',
    })
    expect(await readJson(request)).toEqual({ _tag: 'Right', right: { a: 'ä' } })
  })

  it('reads pieces that split a character', async () => {
    const bytes = new TextEncoder().encode('{"a":"ä"}')
    const body = new ReadableStream({
      start: (controller) => {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
        controller.close()
      },
    })
    const request = new Request('http://localhost', {
      method: 'POST',
      headers: json,
      body,
      duplex: 'half',
    })
    expect(await readJson(request)).toEqual({ _tag: 'Right', right: { a: 'ä' } })
  })

  it('takes exactly the bytes that are allowed', async () => {
    expect(await readJson(slowly(['"12345678"'], true), { maximumSize: 10 })).toMatchObject({
      right: '12345678',
    })
    expect(await readJson(slowly(['"123456', '789"'], true), { maximumSize: 10 })).toMatchObject({
      left: { status: 413, code: 'content-too-large', maximum: 10 },
    })
  })

  it('waits for a body no longer than it may', async () => {
    expect(await readJson(slowly(['{"a":'], false), { timeout: 20 })).toMatchObject({
      left: { status: 408, code: 'request-timeout' },
    })
  })

  it('says so when the body was used before', async () => {
    const request = slowly(['{}'], true)
    await request.text()
    expect(await readJson(request)).toMatchObject({ left: { status: 500, code: 'body-used' } })
  })
})
