import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import type { ReadError } from '../../core/errors/unions'
import type { Json } from '../../core/json'
import type {
  EventStore,
  HandledCommand,
  Loaded,
  LoadRequest,
  StoredSnapshot,
} from '../../core/ports/event-store'
import { streamIdError } from '../../core/stream'
import { toStoreFailed } from './errors'
import { grouped, type Grouping } from './grouped'
import { type EventRow, toStoredEvents } from './rows'
import type { Tables } from './tables'

interface Row {
  /** Which of the requests it is for, from 1. */
  readonly place: number
}
interface SnapshotRow extends Row {
  readonly kind: 's'
  readonly version: number
  readonly data: Json
}
interface CommandRow extends Row {
  readonly kind: 'c'
  readonly version: number
  readonly schema_version: number
}
interface LoadedEventRow extends Row, Omit<EventRow, 'stream_id'> {
  readonly kind: 'e'
}
type LoadRow = SnapshotRow | CommandRow | LoadedEventRow

type LoadAnswer = E.Either<ReadError, Loaded>

const snapshotOf = (
  { version, data }: SnapshotRow,
  { streamId, snapshotSchema = 0 }: LoadRequest,
): StoredSnapshot => ({ streamId, version, schemaVersion: snapshotSchema, state: data })

/** What was found for one request. */
const answerTo = (request: LoadRequest, rows: ReadonlyArray<LoadRow> = []): LoadAnswer => {
  let snapshot: StoredSnapshot | undefined
  let handled: HandledCommand | undefined
  const eventRows: EventRow[] = []
  for (const row of rows) {
    switch (row.kind) {
      case 's':
        snapshot = snapshotOf(row, request)
        break
      case 'c':
        handled = { after: row.version, eventCount: row.schema_version }
        break
      case 'e':
        eventRows.push({ ...row, stream_id: request.streamId })
        break
    }
  }
  const more = eventRows.length > request.limit
  const events = toStoredEvents(more ? eventRows.slice(0, request.limit) : eventRows)
  if (E.isLeft(events)) return events
  return E.right({
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(handled === undefined ? {} : { handled }),
    events: events.right,
    more,
  })
}

/** A command id that the database can be asked for; no command was ever remembered by another one. */
const askable = (commandId: string | undefined): string | null =>
  commandId === undefined || commandId.includes('\u0000') ? null : commandId

const parametersOf = (requests: ReadonlyArray<LoadRequest>): ReadonlyArray<unknown> => [
  requests.map(({ streamId }) => streamId),
  requests.map(({ after }) => after),
  requests.map(({ snapshotSchema }) => snapshotSchema ?? null),
  requests.map(({ commandId }) => askable(commandId)),
  requests.map(({ limit }) => limit + 1),
]

const rowsByPlace = (rows: ReadonlyArray<LoadRow>): ReadonlyMap<number, LoadRow[]> => {
  const byPlace = new Map<number, LoadRow[]>()
  for (const row of rows) {
    const known = byPlace.get(row.place)
    if (known === undefined) byPlace.set(row.place, [row])
    else known.push(row)
  }
  return byPlace
}

const loadTogether =
  ({ db, statements }: Tables) =>
  async (requests: ReadonlyArray<LoadRequest>): Promise<ReadonlyArray<LoadAnswer>> => {
    try {
      const { rows } = await db.executeQuery<LoadRow>(
        CompiledQuery.raw(statements.load, [...parametersOf(requests)]),
      )
      const byPlace = rowsByPlace(rows)
      return requests.map((request, index) => answerTo(request, byPlace.get(index + 1)))
    } catch (error) {
      const failed: LoadAnswer = E.left(toStoreFailed('reading')(error))
      return requests.map(() => failed)
    }
  }

const grouping: Grouping<LoadRequest> = {
  name: 'the load queue',
  depth: 20_000,
  statements: 4,
  slow: 10,
  size: 64,
  sizeOf: () => 1,
  keyOf: ({ streamId, after, commandId }) => `${streamId}\n${after}\n${commandId ?? ''}`,
}

/** Snapshot, later events and command mark in one statement, which loads that arrive meanwhile share. */
export const load = (tables: Tables): EventStore['load'] => {
  const ask = grouped(loadTogether(tables), grouping)
  return (request) => {
    const invalid = streamIdError(request.streamId)
    return invalid === undefined ? () => ask({ ...request }) : TE.left(invalid)
  }
}
