import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import * as E from 'fp-ts/Either'
import type { Category } from '../core/category'
import { describeIssues } from '../core/issue'
import { isRecord, type JsonObject } from '../core/json'
import { noMetadata } from '../core/metadata'
import type { Backend } from '../core/ports/backend'
import type { EventStore } from '../core/ports/event-store'
import type { EncodedEvent, StoredEvent } from '../core/recorded-event'
import type { Position } from '../core/stream'
import { expectSame } from './specification'

/** Events of one stream, oldest first: made by {@link inStream}. */
export interface StreamEvents {
  readonly streamId: string
  readonly events: ReadonlyArray<EncodedEvent>
}

/** What a request carries. Every key is optional. */
export interface RequestContent {
  readonly headers?: Readonly<Record<string, string>>
  /** The content, as JSON. The content type is `application/json`, unless the headers name another. */
  readonly json?: unknown
  /** The content as it is, instead of `json`. */
  readonly text?: string
}

/** What an answer must be. What is left out may be anything. */
export interface ExpectedAnswer {
  /** The status of the response: 200. */
  readonly status: number
  /** These headers, beside any others. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** The whole content, as JSON. */
  readonly json?: unknown
  /** These members of the content, beside any others. */
  readonly members?: JsonObject
  /** All that is recorded because of the request, in its order. Empty: nothing. */
  readonly recorded?: ReadonlyArray<StreamEvents>
}

/** An answer that was received. */
export interface ReceivedAnswer {
  /** The status of the response: 200. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** A request that was not sent yet. */
export interface PendingRequest {
  /**
   * Sends it. Fails with an `AssertionError` that shows the answer and the difference. Afterwards another request can
   * be sent to the same application.
   */
  readonly expect: (expected: ExpectedAnswer) => Promise<AfterRequest>
}

/** An application, with the events that were given. */
export interface HttpSituation {
  /** @param path - with its query: `/gift-cards/G1?at=3`. */
  readonly request: (method: string, path: string, content?: RequestContent) => PendingRequest
}

/** A situation after a request. */
export interface AfterRequest extends HttpSituation {
  readonly answer: ReceivedAnswer
}

/** Examples of an application that answers HTTP, as sentences. */
export interface HttpSpecification {
  /** Starts on a new backend with these events, in this order. */
  readonly given: (...past: ReadonlyArray<StreamEvents>) => HttpSituation
}

/** The application under test. */
export interface HttpApplication<Transaction> {
  /** A new and empty backend for every example: `() => memory()`. */
  readonly open: () => Backend<Transaction>
  /** The application on that backend: the same function that a server is given. */
  readonly application: (
    backend: Backend<Transaction>,
  ) =>
    | ((request: Request) => Promise<Response> | Response)
    | Promise<(request: Request) => Promise<Response> | Response>
}

/**
 * Events of one stream, oldest first. Fails with an `AssertionError` if one does not match its codec.
 *
 * @param id - within the category: `G1`.
 *
 * @example
 * const issued = inStream(giftCards, 'G1', { type: 'GiftCardIssued', amount: 50 })
 */
export const inStream = <Event>(
  { name, events: codec }: Pick<Category<never, unknown, Event, unknown>, 'name' | 'events'>,
  id: string,
  ...events: ReadonlyArray<Event>
): StreamEvents => ({
  streamId: `${name}-${id}`,
  events: events.map((event) => {
    const encoded = codec.encode(event)
    return E.isRight(encoded)
      ? encoded.right
      : assert.fail(`${inspect(event)} is not an event of ${name}: ${describeIssues(encoded.left)}`)
  }),
})

type Handler = (request: Request) => Promise<Response> | Response

/** An application that is running, and the position up to where everything was recorded before. */
interface Started {
  readonly store: EventStore
  readonly handler: Handler
  readonly position: Position
}

const UUID = '00000000-0000-7000-8000-'

const record = async (store: EventStore, past: ReadonlyArray<StreamEvents>): Promise<Position> => {
  let [count, position] = [0, 0]
  for (const { streamId, events } of past) {
    if (events.length === 0) continue
    const appended = await store.append({
      streamId,
      expectedVersion: 'any',
      events: events.map((event) => ({
        ...event,
        id: UUID + String(++count).padStart(12, '0'),
        metadata: noMetadata,
      })),
      commands: [],
    })()
    if (E.isLeft(appended)) assert.fail(`given events: ${appended.left.message}`)
    position = appended.right.positions.at(-1) ?? position
  }
  return position
}

const PAGE = 1_000

const recordedAfter = async (
  store: EventStore,
  position: Position,
): Promise<ReadonlyArray<StoredEvent>> => {
  const found: StoredEvent[] = []
  for (let after = position; ;) {
    const page = await store.readAll({ after, limit: PAGE })()
    if (E.isLeft(page)) return assert.fail(page.left.message)
    found.push(...page.right.events)
    if (!page.right.more) return found
    after = page.right.upTo
  }
}

/** As an example is written: by stream, type and data. */
const shown = (streamId: string, { type, data }: EncodedEvent) => ({ streamId, type, data })

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const membersOf = (json: unknown, wanted: JsonObject): unknown =>
  isRecord(json)
    ? Object.fromEntries(Object.keys(wanted).map((member) => [member, json[member]]))
    : json

const requestOf = (method: string, path: string, content: RequestContent): Request => {
  const body = content.text ?? (content.json === undefined ? null : JSON.stringify(content.json))
  const headers = new Headers(body === null ? {} : { 'content-type': 'application/json' })
  for (const [name, value] of Object.entries(content.headers ?? {})) headers.set(name, value)
  return new Request(new URL(path, 'http://localhost'), { method, headers, body })
}

const check = (sentence: string, expected: ExpectedAnswer, received: ReceivedAnswer): void => {
  const { status, headers, text } = received
  const answer = `It answered ${status}: ${text || '(no content)'}`
  const say = (what: string): string => `${sentence} ${what}\n${answer}`
  expectSame(say('does not have the expected status.'), { status }, { status: expected.status })
  const wanted = expected.headers ?? {}
  const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, headers[name]]))
  expectSame(say('does not have the expected headers.'), found, wanted)
  const json = jsonOf(text)
  if ('json' in expected)
    expectSame(say('does not have the expected content.'), json, expected.json)
  const { members } = expected
  if (members === undefined) return
  expectSame(say('does not have the expected members.'), membersOf(json, members), members)
}

/**
 * Tests of an application as HTTP sees it, for any test runner: events are given, a request is sent to the application's
 * own handler, and its answer is compared, and what it records. No server and no socket. The promises of `expect` are
 * rejected with an `AssertionError`, or with what the application throws.
 *
 * @example
 * const { given } = httpSpecification({ open: () => memory(), application })
 *
 * await given(inStream(giftCards, 'G1', { type: 'GiftCardIssued', amount: 50 }))
 *   .request('POST', '/gift-cards/G1/commands', { json: { type: 'RedeemGiftCard', amount: 60 } })
 *   .expect({ status: 422, members: { code: 'balance-too-low' }, recorded: [] })
 */
export const httpSpecification = <Transaction>({
  open,
  application,
}: HttpApplication<Transaction>): HttpSpecification => {
  const situation = (start: () => Promise<Started>): HttpSituation => ({
    request: (method, path, content = {}) => ({
      expect: async (expected) => {
        const { store, handler, position } = await start()
        const response = await handler(requestOf(method, path, content))
        const received: ReceivedAnswer = {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          text: await response.text(),
        }
        const recorded = await recordedAfter(store, position)
        check(`${method} ${path}`, expected, received)
        if (expected.recorded !== undefined) {
          expectSame(
            `${method} ${path} does not record what was expected.`,
            recorded.map((event) => shown(event.streamId, event)),
            expected.recorded.flatMap(({ streamId, events }) =>
              events.map((event) => shown(streamId, event)),
            ),
          )
        }
        const next = { store, handler, position: recorded.at(-1)?.position ?? position }
        return { ...situation(() => Promise.resolve(next)), answer: received }
      },
    }),
  })
  return {
    given: (...past) =>
      situation(async () => {
        const backend = open()
        const position = await record(backend.store, past)
        return { store: backend.store, handler: await application(backend), position }
      }),
  }
}
