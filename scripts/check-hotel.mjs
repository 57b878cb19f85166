// Installs examples/hotel beside the packed package, outside of this repository, and treats it as its users would:
// compiles it, runs its own tests, starts it, calls it over HTTP, stops it by SIGTERM, and starts it again.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { setTimeout as pause } from 'node:timers/promises'
import { startPostgres } from './embedded-postgres.mjs'
import { allPassed, install, runFile, withFolder } from './packed.mjs'

const HOTEL = 'examples/hotel'
const MADE = new Set(['node_modules', 'dist', '.hotel'])
const SECONDS = 240

const copyTo = (folder) => {
  cpSync(HOTEL, folder, { recursive: true, filter: (path) => !MADE.has(basename(path)) })
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(HOTEL, 'package.json')))
  return install(
    folder,
    {},
    Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name !== 'reprise'),
  )
}

// --- A hotel that runs ---

const start = async (folder, env) => {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '', PORT: '0', DATABASE_URL: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const closed = once(child, 'close')
  const late = setTimeout(() => child.kill('SIGKILL'), SECONDS * 1000)
  const url = await new Promise((found, failed) => {
    const read = (text) => {
      output += text
      const [, address] = /open at (http:\S+)/.exec(output) ?? []
      if (address !== undefined) found(address)
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    closed.then(() => failed(new Error(`The hotel has not opened:\n${output}`)), failed)
  })
  const ended = async () => {
    const [code, signal] = await closed
    clearTimeout(late)
    assert.deepEqual([code, signal], [0, null], output)
    assert.match(output, /The hotels are closed\.\n$/)
  }
  const sigterm = () => child.kill('SIGTERM')
  const stop = () => {
    sigterm()
    return ended()
  }
  return { url, stop, sigterm, ended, output: () => output }
}

const calling = (url) => {
  const call = async (method, path, body, headers = {}) => {
    const sent = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await globalThis.fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: sent }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
  }
  const post = (path, body, headers) => call('POST', path, body, headers)
  const get = (path, headers) => call('GET', path, undefined, headers)
  /** Asks until the answer is as it should be. */
  const eventually = async (path, isSo) => {
    const end = performance.now() + SECONDS * 1000
    for (;;) {
      const answer = await get(path)
      if (isSo(answer)) return answer
      assert.ok(performance.now() < end, `${path} is still ${answer.text}`)
      await pause(25)
    }
  }
  return { call, post, get, eventually }
}

// --- What is asked of it ---

const STAY = { arrival: '2026-12-01', departure: '2026-12-04' }

/** A guest books, pays, arrives and leaves; another one comes too late. */
const story = async ({ post, get, eventually }) => {
  await eventually('/health/ready', ({ status }) => status === 200)
  assert.equal((await get('/health/live')).status, 200)
  for (const room of ['11', '12']) {
    const opened = await post(`/seaside/rooms/${room}`, { kind: 'double', pricePerNight: 10_000 })
    assert.equal(opened.status, 200, opened.text)
  }
  const wish = { guest: 'Ada', room: '12', ...STAY }
  assert.equal((await post('/seaside/bookings/B1', wish)).status, 200)
  await eventually('/seaside/bookings/B1', ({ json }) => json.status === 'held')

  const late = await post('/seaside/bookings/B2', { ...wish, guest: 'Bob' })
  assert.equal(late.status, 200)
  const refused = await eventually('/seaside/bookings/B2', ({ json }) => json.status === 'refused')
  assert.equal(refused.json.reason, 'RoomTaken')

  const wrong = await post(
    '/seaside/bookings/B1/payment',
    { amount: 1 },
    { 'idempotency-key': 'p' },
  )
  assert.deepEqual([wrong.status, wrong.json.code], [409, 'wrong-amount'])
  for (const time of ['first', 'again']) {
    const key = { 'idempotency-key': 'paid' }
    const paid = await post('/seaside/bookings/B1/payment', { amount: 30_000 }, key)
    assert.equal(paid.status, 200, `${time}: ${paid.text}`)
  }
  const confirmed = await eventually(
    '/seaside/bookings/B1',
    ({ json }) => json.status === 'confirmed',
  )
  assert.equal(confirmed.headers.get('etag'), '"3"')

  const arrived = await eventually(
    '/seaside/arrivals?day=2026-12-01',
    ({ json }) => json.length > 0,
  )
  assert.deepEqual(arrived.json, [
    { booking: 'B1', guest: 'Ada', room: '12', kind: 'double', departure: '2026-12-04' },
  ])
  const priced = await post('/seaside/rooms/11/price', { pricePerNight: 9_000 })
  const position = { 'reprise-position': priced.headers.get('reprise-position') }
  const free = await get('/seaside/free-rooms?arrival=2026-12-02&departure=2026-12-03', position)
  assert.deepEqual(free.json, [{ room: '11', kind: 'double', price: 9_000 }])

  const stale = { 'if-match': '"1"' }
  const today = { today: '2026-12-01' }
  assert.equal((await post('/seaside/bookings/B1/arrival', today, stale)).status, 412)
  assert.equal((await post('/seaside/bookings/B1/arrival', today)).status, 200)
  assert.equal((await post('/seaside/bookings/B1/departure', { today: '2026-12-04' })).status, 200)
  await eventually('/seaside/floors/0', ({ json }) => json.cleaning?.['12'] === 'used')
  const dirty = await post('/seaside/floors/0/cleaning', { room: '12' })
  assert.deepEqual([dirty.status, dirty.json.code], [409, 'linen/no-linen-left'])
  assert.equal((await post('/seaside/floors/0/linen', { sets: 1 })).status, 200)
  assert.equal((await post('/seaside/floors/0/cleaning', { room: '12' })).status, 200)
  // The other hotel has a schema of its own: nothing of this is known there.
  assert.equal((await get('/hilltop/bookings/B1')).status, 404)
}

const BOOKING = '/seaside/bookings/X1'
const WISH = { guest: 'Eve', room: '11', ...STAY }
const BAD = [
  ['malformed JSON', 400, 'POST', BOOKING, '{"guest":'],
  ['no content', 400, 'POST', BOOKING, ''],
  ['no object', 400, 'POST', BOOKING, '7'],
  ['null', 400, 'POST', BOOKING, 'null'],
  ['a day that is none', 400, 'POST', BOOKING, { ...WISH, arrival: '2026-02-30' }],
  ['a number as a name', 400, 'POST', BOOKING, { ...WISH, guest: 7 }],
  ['NUL in a name', 400, 'POST', BOOKING, { ...WISH, guest: 'a\0b' }],
  ['10 MB', 413, 'POST', BOOKING, JSON.stringify({ ...WISH, guest: 'x'.repeat(10_000_000) })],
  ['another content type', 415, 'POST', BOOKING, 'guest=Eve', { 'content-type': 'text/plain' }],
  ['a malformed If-Match', 400, 'POST', BOOKING, WISH, { 'if-match': 'three' }],
  ['no key for a payment', 400, 'POST', `${BOOKING}/payment`, { amount: 1 }],
  ['an id that is too long', 400, 'POST', `/seaside/bookings/${'x'.repeat(900)}`, WISH],
  ['an id with NUL', 400, 'POST', '/seaside/bookings/%00', WISH],
  ['a URL that is none', 400, 'GET', '/seaside/bookings/%zz'],
  ['a hotel that is none', 404, 'GET', '/riverside/bookings/B1'],
  ['a booking that is none', 404, 'GET', BOOKING],
  ['a method that is none here', 404, 'DELETE', BOOKING],
  ['a room without a kind', 400, 'POST', '/seaside/rooms/99', { pricePerNight: 1 }],
  ['a room without a number', 400, 'POST', '/seaside/floors/0/cleaning', {}],
  ['days that are none', 400, 'GET', '/seaside/free-rooms?arrival=today&departure=tomorrow'],
  [
    'a position that is none',
    400,
    'GET',
    '/seaside/arrivals?day=2026-12-01',
    undefined,
    { 'reprise-position': 'x' },
  ],
]

const badInput = async ({ call, get }) => {
  for (const [name, status, ...request] of BAD) {
    const answer = await call(...request)
    assert.equal(answer.status, status, `${name}: ${answer.text}`)
    assert.match(answer.headers.get('content-type'), /^application\/problem\+json/, name)
    assert.equal(typeof answer.json.code, 'string', name)
    assert.doesNotMatch(answer.text, /\bat .*:\d+:\d+|select |postgres/i, `${name} shows too much`)
  }
  assert.equal((await get(BOOKING)).status, 404)
}

/** A request of which half has arrived when the signal comes gets its answer. */
const stopUnderWay = async ({ url, sigterm, ended, output }) => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const body = JSON.stringify({ ...WISH, guest: 'Eve' })
  socket.write(
    `POST /seaside/bookings/E1 HTTP/1.1\r\nhost: hotel\r\nconnection: close\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 9)}`,
  )
  await pause(200)
  sigterm()
  await pause(200)
  assert.doesNotMatch(output(), /closed/)
  socket.write(body.slice(9))
  let answer = ''
  for await (const piece of socket) answer += piece
  assert.match(answer, /^HTTP\/1.1 200 /)
  await ended()
}

// --- All of it ---

/** Runs a program of an installed package in the folder of the hotel. */
const runProgram = (folder, program, ...args) => {
  const file = join(folder, 'node_modules', program)
  return runFile(file, { args, cwd: folder, seconds: SECONDS })
}

const begin = performance.now()
const seconds = () => ((performance.now() - begin) / 1000).toFixed(1)
const passed = await withFolder(async (outside) => {
  const folder = copyTo(join(outside, 'hotel'))
  const results = await Promise.all([
    runProgram(folder, 'typescript/bin/tsc'),
    runProgram(folder, 'vitest/vitest.mjs', 'run'),
  ])
  if (!allPassed(results)) return false
  console.log(`hotel: compiled and tested after ${seconds()} s`)

  // On the embedded database, which it starts itself, and which keeps what it was told.
  const first = await start(folder)
  await story(calling(first.url))
  await badInput(calling(first.url))
  await stopUnderWay(first)
  const again = await start(folder)
  const kept = await calling(again.url).get('/seaside/bookings/E1')
  assert.deepEqual([kept.status, kept.json.guest], [200, 'Eve'])
  await again.stop()

  // On a server.
  const postgres = await startPostgres({ name: 'hotel', settings: ['fsync=off'] })
  try {
    const served = await start(folder, { DATABASE_URL: postgres.url })
    await story(calling(served.url))
    await served.stop()
  } finally {
    await postgres.stop()
  }
  console.log(`hotel: installed, run, called and stopped, in ${seconds()} s`)
  return true
})
process.exit(passed ? 0 : 1) // `exitCode` would not do: embedded-postgres ends the process with 0
