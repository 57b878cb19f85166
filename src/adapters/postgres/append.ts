import * as E from 'fp-ts/Either'
import { CompiledQuery } from 'kysely'
import type { Appended, AppendRequest } from '../../core/append'
import { commandAlreadyHandled, versionConflict } from '../../core/errors/conflict'
import type { AppendError } from '../../core/errors/unions'
import type { ExpectedVersion } from '../../core/expected-version'
import type { NewEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import type { Tables } from './tables'

/** A row of the append function: see migrations/0001_events.sql. */
interface AppendRow {
  readonly stream_id: string
  /** 0 appended, 1 conflict, 2 handled before. */
  readonly outcome: number
  readonly version: number
  readonly position: number | null
  readonly recorded_at: number
  readonly command_id: string | null
  readonly event_count: number | null
}

export type AppendAnswer = E.Either<AppendError, Appended>

const versionCode = (expected: ExpectedVersion): number => {
  if (expected === 'any') return -1
  if (expected === 'mustExist') return -2
  return expected === 'mustNotExist' ? 0 : expected
}

const json = (value: object): string => JSON.stringify(value)

const columns = (events: ReadonlyArray<NewEvent | undefined>): ReadonlyArray<unknown> => [
  events.map((event) => event?.id ?? null),
  events.map((event) => event?.type ?? null),
  events.map((event) => event?.schemaVersion ?? null),
  events.map((event) => (event === undefined ? null : json(event.data))),
  events.map((event) => (event === undefined ? null : json(event.metadata))),
]

const parametersOf = (requests: ReadonlyArray<AppendRequest>): ReadonlyArray<unknown> => {
  const rest = requests.flatMap(({ streamId, events }) =>
    events.slice(1).map((event, index) => ({ streamId, place: index + 2, event })),
  )
  const marks = requests.flatMap(({ streamId, commands }) =>
    commands.map((mark) => ({ ...mark, streamId })),
  )
  return [
    requests.map(({ streamId }) => streamId),
    requests.map(({ expectedVersion }) => versionCode(expectedVersion)),
    ...columns(requests.map(({ events }) => events[0])),
    rest.map(({ streamId }) => streamId),
    rest.map(({ place }) => place),
    ...columns(rest.map(({ event }) => event)),
    marks.map(({ streamId }) => streamId),
    marks.map(({ commandId }) => commandId),
    marks.map(({ skip }) => skip),
    marks.map(({ eventCount }) => eventCount),
  ]
}

const answerOf = (request: AppendRequest, rows: ReadonlyArray<AppendRow>): AppendAnswer => {
  const { streamId, expectedVersion } = request
  const first = rows[0]
  if (first?.outcome === 2) {
    return E.left(
      commandAlreadyHandled(
        streamId,
        first.command_id ?? '',
        first.version,
        first.event_count ?? 0,
      ),
    )
  }
  if (first === undefined || first.outcome === 1) {
    return E.left(versionConflict(streamId, expectedVersion, first?.version ?? 0))
  }
  const positions = rows
    .flatMap(({ position }) => (position === null ? [] : [position]))
    .sort((left, right) => left - right)
  return E.right({
    version: rows.reduce((highest, { version }) => Math.max(highest, version), 0),
    positions,
    recordedAt: first.recorded_at,
  })
}

/**
 * Appends to many streams in one statement. The requests name different streams, and each of them
 * succeeds or fails on its own. Rejects when the statement fails as a whole: then nothing is stored,
 * or (a connection lost) nobody knows.
 */
export const appendBatch = async (
  { db, statements }: Tables,
  requests: ReadonlyArray<AppendRequest>,
): Promise<ReadonlyMap<StreamId, AppendAnswer>> => {
  const ordered = [...requests].sort((left, right) => (left.streamId < right.streamId ? -1 : 1))
  const { rows } = await db.executeQuery<AppendRow>(
    CompiledQuery.raw(statements.append, [...parametersOf(ordered)]),
  )
  const byStream = new Map<StreamId, AppendRow[]>(ordered.map(({ streamId }) => [streamId, []]))
  for (const row of rows) byStream.get(row.stream_id)?.push(row)
  return new Map(
    ordered.map((request) => [
      request.streamId,
      answerOf(request, byStream.get(request.streamId) ?? []),
    ]),
  )
}
