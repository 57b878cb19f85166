import assert from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Appended, AppendRequest } from '../../core/append'
import type { AppendError } from '../../core/errors/unions'
import type { StreamStore, CommandRecord } from '../../core/ports/event-store'
import type { StoredEvent } from '../../core/recorded-event'
import { categoryOf, type StreamId } from '../../core/stream'

interface Failure {
  readonly _tag: string
  readonly message: string
}

/** The result; a Left fails the test with its message. */
export const succeeds = async <Answer>(task: TaskEither<Failure, Answer>): Promise<Answer> => {
  const outcome = await task()
  return E.isRight(outcome)
    ? outcome.right
    : assert.fail(`expected success, got ${outcome.left._tag}: ${outcome.left.message}`)
}

// Through JSON, so that -0 equals 0, and values from another realm (a vm, a worker) compare like our own.
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify({ value }))

/** Both are the same JSON. */
export const same = (actual: unknown, expected: unknown, message?: string): void =>
  assert.deepStrictEqual(plain(actual), plain(expected), message)

/** Expects a failure with these fields and with a message. */
export const failsWith = async (
  task: TaskEither<Failure, unknown>,
  expected: object,
): Promise<void> => {
  const outcome = await task()
  if (E.isRight(outcome)) return assert.fail(`expected ${shown(expected)}, but it succeeded`)
  const seen = Object.entries(outcome.left).filter(([key]) => key in expected)
  same(
    Object.fromEntries(seen),
    expected,
    `expected ${shown(expected)}, got ${shown(outcome.left)}`,
  )
  assert.ok(outcome.left.message.length > 0, 'the failure has a message')
}

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 400)

/** All events of the stream, page by page. */
export const eventsOf = async (
  store: StreamStore,
  streamId: StreamId,
  limit = 1000,
): Promise<ReadonlyArray<StoredEvent>> => {
  const events: StoredEvent[] = []
  for (;;) {
    const page = await succeeds(store.read(streamId, { after: events.length, limit }))
    events.push(...page.events)
    if (!page.more) return events
    assert.ok(page.events.length > 0, 'a page that is not the last has events')
  }
}

/** The numbers that the events of {@link numbered} carry. */
export const numbersOf = (events: ReadonlyArray<StoredEvent>): ReadonlyArray<unknown> =>
  events.map(({ data }) => data['number'])

/** Whether each number is greater than the one before. */
export const grow = (numbers: ReadonlyArray<number>): boolean =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0))

export const countTo = (last: number): ReadonlyArray<number> =>
  Array.from({ length: last }, (_, index) => index + 1)

/** Expects exactly these events in the stream, in this order, at versions 1, 2, 3 and so on. */
export const holds = async (
  store: StreamStore,
  streamId: StreamId,
  events: AppendRequest['events'],
): Promise<void> => {
  const stored = await eventsOf(store, streamId)
  const expected = events.map((event, index) => ({ ...event, streamId, version: index + 1 }))
  const seen = stored.map(({ position: _position, recordedAt: _recordedAt, ...rest }) => rest)
  same(seen, expected)
}

/** Expects that the stream does not exist, in any view of the store. */
export const isMissing = async (store: StreamStore, streamId: StreamId): Promise<void> => {
  same(await eventsOf(store, streamId), [])
  const category = categoryOf(streamId)
  const listed = await succeeds(store.streams({ after: '', limit: 1000, category }))
  assert.ok(!listed.some((stream) => stream.streamId === streamId), `${streamId} is listed`)
}

/** What the store has recorded of a command. */
export const handledBy = async (
  store: StreamStore,
  streamId: StreamId,
  commandId: string,
): Promise<CommandRecord | undefined> =>
  (await succeeds(store.load({ streamId, after: 0, commandId, limit: 1 }))).handled

/** The successes among the answers; every failure must have this tag. */
export const winnersAmong = (
  answers: ReadonlyArray<E.Either<AppendError, Appended>>,
  losers: AppendError['_tag'],
): ReadonlyArray<Appended> =>
  answers.flatMap((answer) => {
    if (E.isRight(answer)) return [answer.right]
    assert.equal(answer.left._tag, losers, answer.left.message)
    return []
  })
