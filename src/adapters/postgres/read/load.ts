import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import type { ReadError } from '../../../core/errors/unions'
import type { Json, JsonObject } from '../../../core/json'
import type { Metadata } from '../../../core/metadata'
import type {
  EventStore,
  HandledCommand,
  Loaded,
  LoadRequest,
  StoredSnapshot,
} from '../../../core/ports/event-store'
import type { StoredEvent } from '../../../core/recorded-event'
import { type StreamId, streamIdError } from '../../../core/stream'
import { toStoreFailed } from '../connection/errors'
import { grouped, type Grouping } from '../connection/grouped'
import { countable } from './stored-events'
import type { Tables } from '../connection/tables'

interface Row {
  /** Which of the requests it is for, from 1. Not there when there is but one. */
  readonly place?: number
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
interface LoadedEventRow extends Row {
  readonly kind: 'e'
  readonly position: number
  readonly version: number
  readonly id: string
  readonly type: string
  readonly schema_version: number
  readonly recorded_at: number
  readonly data: JsonObject
  readonly metadata: Metadata
}
type LoadRow = SnapshotRow | CommandRow | LoadedEventRow

type LoadAnswer = E.Either<ReadError, Loaded>

const snapshotOf = (
  { version, data }: SnapshotRow,
  { streamId, snapshotSchema = 0 }: LoadRequest,
): StoredSnapshot => ({ streamId, version, schemaVersion: snapshotSchema, state: data })

const toStoredEvent = (streamId: StreamId, row: LoadedEventRow): StoredEvent => ({
  id: row.id,
  streamId,
  version: row.version,
  position: row.position,
  recordedAt: row.recorded_at,
  type: row.type,
  schemaVersion: row.schema_version,
  data: row.data,
  metadata: row.metadata,
})

/** @param found - one more than was asked for, if there are so many. */
const page = (
  { limit }: LoadRequest,
  found: ReadonlyArray<StoredEvent>,
): E.Either<ReadError, Pick<Loaded, 'events' | 'more'>> => {
  const more = found.length > limit
  const events = countable(more ? found.slice(0, limit) : found)
  return E.isLeft(events) ? events : E.right({ events: events.right, more })
}

/** What was found for one request. */
const answerTo = (request: LoadRequest, rows: ReadonlyArray<LoadRow> = []): LoadAnswer => {
  let snapshot: StoredSnapshot | undefined
  let handled: HandledCommand | undefined
  const events: StoredEvent[] = []
  for (const row of rows) {
    switch (row.kind) {
      case 's':
        snapshot = snapshotOf(row, request)
        break
      case 'c':
        handled = { after: row.version, eventCount: row.schema_version }
        break
      case 'e':
        events.push(toStoredEvent(request.streamId, row))
        break
    }
  }
  return E.map((found: Pick<Loaded, 'events' | 'more'>) => ({
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(handled === undefined ? {} : { handled }),
    ...found,
  }))(page(request, events))
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
    const { place = 1 } = row
    const known = byPlace.get(place)
    if (known === undefined) byPlace.set(place, [row])
    else known.push(row)
  }
  return byPlace
}

/** A load on its own. Without a snapshot or a command to look for it is no more than a read. */
const loadOne = async ({ db, statements }: Tables, request: LoadRequest): Promise<LoadAnswer> => {
  const { streamId, after, snapshotSchema = null, limit } = request
  const commandId = askable(request.commandId)
  if (snapshotSchema === null && commandId === null) {
    const query = CompiledQuery.raw(statements.read, [streamId, after, limit + 1])
    return page(request, (await db.executeQuery<StoredEvent>(query)).rows)
  }
  const parameters = [streamId, after, snapshotSchema, commandId, limit + 1]
  const query = CompiledQuery.raw(statements.loadOne, parameters)
  return answerTo(request, (await db.executeQuery<LoadRow>(query)).rows)
}

const loadTogether =
  (tables: Tables) =>
  async (requests: ReadonlyArray<LoadRequest>): Promise<ReadonlyArray<LoadAnswer>> => {
    const [only, ...others] = requests
    try {
      if (only !== undefined && others.length === 0) return [await loadOne(tables, only)]
      const { rows } = await tables.db.executeQuery<LoadRow>(
        CompiledQuery.raw(tables.statements.load, [...parametersOf(requests)]),
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
