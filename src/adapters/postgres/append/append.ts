import * as E from 'fp-ts/Either'
import { type Appended, type AppendRequest, type CommandMark, isTagged } from '../../../core/append'
import { type StreamClosed, streamClosed } from '../../../core/errors/closed'
import type { StreamConflict } from '../../../core/errors/conflict'
import { type StreamErased, streamErased } from '../../../core/errors/erased'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import type { AppendError, AppendTogetherError } from '../../../core/errors/unions'
import type { ExpectedVersion } from '../../../core/expected-version'
import { isEmpty } from '../../../core/owns'
import type { JsonObject } from '../../../core/json'
import type { Metadata } from '../../../core/metadata'
import type { NewEvent, PendingEvent } from '../../../core/recorded-event'
import type { StreamId, StreamVersion } from '../../../core/stream'
import { isLockTimeout, toStoreFailed } from '../connection/errors'
import { outcomeIn, type TransactionScope } from '../connection/query'
import { ENDED_VERSION } from '../schema/names'

// An append on its way: encoded for the server, and what comes back.

/** An event as the statements take it: data and metadata are JSON. */
export interface EncodedEvent {
  readonly id: string
  readonly type: string
  readonly schemaVersion: number
  readonly data: string
  readonly metadata: string
  /** Sorted, each once. */
  readonly tags?: ReadonlyArray<string>
}

/** A request encoded: the caller can no longer change it, and it is encoded only once, however often it is sent. */
export interface EncodedAppend {
  readonly streamId: StreamId
  readonly expectedVersion: ExpectedVersion
  readonly events: ReadonlyArray<EncodedEvent>
  readonly commands: ReadonlyArray<CommandMark>
}

/** Metadata of an event without any. */
export const EMPTY_METADATA = '{}'

const encodeEvent = ({
  id,
  type,
  schemaVersion,
  data,
  metadata,
  tags,
}: NewEvent): EncodedEvent => ({
  id,
  type,
  schemaVersion,
  data: JSON.stringify(data),
  metadata: isEmpty(metadata) ? EMPTY_METADATA : JSON.stringify(metadata),
  ...(tags === undefined ? {} : { tags: [...tags] }),
})

export const encodeAppend = ({
  streamId,
  expectedVersion,
  events,
  commands,
}: AppendRequest): EncodedAppend => ({
  streamId,
  expectedVersion,
  events: events.map(encodeEvent),
  commands: commands.map((mark) => ({ ...mark })),
})

/** The events of an append as they are going to be stored: decoded from what is sent, not the caller's objects. */
export const pendingEvents = (
  { streamId, events }: EncodedAppend,
  version: StreamVersion,
): ReadonlyArray<PendingEvent> =>
  events.map(({ id, type, schemaVersion, data, metadata }, index) => ({
    id,
    type,
    schemaVersion,
    data: parse<JsonObject>(data),
    metadata: metadata === EMPTY_METADATA ? {} : parse<Metadata>(metadata),
    streamId,
    version: version + index + 1,
  }))

// Only ever given what JSON.stringify has made of the same type.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- see above
const parse = <Value>(text: string): Value => JSON.parse(text) as Value

/** How long the data and metadata of an append are, in UTF-16 code units. */
export const lengthOf = ({ events }: EncodedAppend): number => {
  let length = 0
  for (const { data, metadata } of events) length += data.length + metadata.length
  return length
}

export type AppendAnswer = E.Either<AppendError, Appended>

/** An answer to one stream or to several. */
export type AnyAnswer = E.Either<AppendError | AppendTogetherError, unknown>

/** An answer to one append. Never rejects. */
export type RunAppend = (append: EncodedAppend) => Promise<AppendAnswer>

/**
 * An answer to each of some appends, in their order. Never rejects.
 *
 * They come in the order of their streams' code units, from every process: otherwise two statements could wait for
 * each other.
 */
export type RunAppends = (
  appends: ReadonlyArray<EncodedAppend>,
) => Promise<ReadonlyArray<AppendAnswer>>

/** An event that was stored. */
export interface StoredRow {
  readonly stream_id: string
  readonly version: number
  readonly position: number | null
  readonly recorded_at: number
  /** Whether it is in a partition of the events. Only the optimistic statements say it. */
  readonly partitioned?: boolean
}

/** What the append functions of migrations/0001_reprise.sql answer. */
export interface OutcomeRow extends StoredRow {
  /** 0 appended, 1 conflict, 2 handled before, 3 the condition is not met. */
  readonly outcome: number
  /** Also, of a conflict: `closed`, `archived` or `erased`, if the stream takes no events any more. */
  readonly command_id: string | null
  readonly event_count: number | null
  readonly fingerprint: string | null
}

export const noAnswer: E.Either<StoreFailed, never> = E.left(
  storeFailed('Unexpected', 'unknown', undefined, 'the append gave no answer'),
)

/** @param rows - of one stream, in any order. A row without a position is of an append without events. */
export const appendedOf = (rows: ReadonlyArray<StoredRow>, recordedAt: number): Appended => {
  let version = 0
  const positions: number[] = []
  for (const row of rows) {
    if (row.version > version) version = row.version
    if (row.position !== null) positions.push(row.position)
  }
  if (positions.length > 1) positions.sort((left, right) => left - right)
  return { version, positions, recordedAt }
}

export const stored = (rows: ReadonlyArray<StoredRow>, recordedAt: number): AppendAnswer =>
  E.right(appendedOf(rows, recordedAt))

/** A statement that fails as a whole fails for each of its appends. */
export const allFailed = (
  appends: ReadonlyArray<EncodedAppend>,
  scope: TransactionScope,
  error: unknown,
): ReadonlyArray<AppendAnswer> => {
  const failed: AppendAnswer = E.left(toStoreFailed(outcomeIn(scope))(error))
  return appends.map(() => failed)
}

/** A statement that could not even be built, so that nothing was sent. */
export const notSent = (
  appends: ReadonlyArray<EncodedAppend>,
  error: unknown,
): ReadonlyArray<AppendAnswer> => {
  const failed: AppendAnswer = E.left(
    storeFailed('Unexpected', 'nothingWritten', error, 'the statement could not be built'),
  )
  return appends.map(() => failed)
}

/**
 * The stream among conflicts that takes no events any more, if there is one. The row of such a conflict says why where others
 * name a command.
 */
export const endedIn = (
  conflicts: ReadonlyArray<StreamConflict>,
  rows: ReadonlyMap<StreamId, ReadonlyArray<OutcomeRow>>,
): StreamClosed | StreamErased | undefined => {
  const ended = conflicts.find(({ actual }) => actual === ENDED_VERSION)
  if (ended === undefined) return undefined
  const { streamId } = ended
  return rows.get(streamId)?.[0]?.command_id === 'erased'
    ? streamErased(streamId)
    : streamClosed(streamId)
}

/** Rows by their streams. */
export const byStream = <Row extends StoredRow>(
  rows: ReadonlyArray<Row>,
): ReadonlyMap<StreamId, ReadonlyArray<Row>> => {
  const streams = new Map<StreamId, Row[]>()
  for (const row of rows) {
    const known = streams.get(row.stream_id)
    if (known === undefined) streams.set(row.stream_id, [row])
    else known.push(row)
  }
  return streams
}

/** One append on its own. */
export const appendAlone =
  (run: RunAppends): RunAppend =>
  async (append) => {
    const [answer = noAnswer] = await run([append])
    return answer
  }

/** Whether an append timed out waiting for the lock of another transaction. */
export const isLocked = (answer: AnyAnswer): boolean =>
  E.isLeft(answer) && answer.left._tag === 'StoreFailed' && isLockTimeout(answer.left.cause)

/** Signals when an append was stored. */
export const signalling =
  <Given extends ReadonlyArray<unknown>, Failure, Stored>(
    signal: () => void,
    append: (...given: Given) => Promise<E.Either<Failure, Stored>>,
  ) =>
  async (...given: Given): Promise<E.Either<Failure, Stored>> => {
    const answer = await append(...given)
    if (E.isRight(answer)) signal()
    return answer
  }

/** Signals once when any of the appends that share a statement was stored. */
export const signallingAll =
  <Call, Failure, Stored>(
    signal: () => void,
    run: (calls: ReadonlyArray<Call>) => Promise<ReadonlyArray<E.Either<Failure, Stored>>>,
  ) =>
  (calls: ReadonlyArray<Call>): Promise<ReadonlyArray<E.Either<Failure, Stored>>> =>
    run(calls).then((answers) => {
      if (answers.some(E.isRight)) signal()
      return answers
    })

/** The way of an append: what has no tags goes as if there were none. */
export const either =
  (untagged: RunAppend, tagged: RunAppend): RunAppend =>
  (append) =>
    (isTagged(append) ? tagged : untagged)(append)
