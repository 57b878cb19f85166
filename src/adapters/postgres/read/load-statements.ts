import * as E from 'fp-ts/Either'
import type { ReadError } from '../../../core/errors/unions'
import type { Json, JsonObject } from '../../../core/json'
import type { Metadata } from '../../../core/metadata'
import type {
  HandledCommand,
  Loaded,
  LoadRequest,
  StoredSnapshot,
} from '../../../core/ports/event-store'
import type { StoredEvent } from '../../../core/recorded-event'
import type { StreamId } from '../../../core/stream'
import { named } from '../connection/prepared-statements'
import { milliseconds, quoteIdentifier } from '../schema/names'
import { type StreamPage, toPage } from './stored-events'

/** The statements that load: a snapshot, the events after it, and the mark of a command. */
export interface LoadStatements {
  /** For any number of streams. */
  readonly loadMany: string
  readonly loadOne: string
}

// One statement sees the store at one moment: snapshot, events after it and command mark agree. It takes any
// number of streams; "place" says which of them a row is for. Parameters are subqueries, so that one plan
// serves all lengths: see append/statement-parts.ts.
// Rows: kind 's' a snapshot (data: its state), 'c' a command handled before (version: the one before
// its events, schema_version: how many), 'e' an event.
const loadMany = (schema: string): string => `
select r.place::integer as place, x.*
from unnest((select $1::text[]), (select $2::integer[]), (select $3::integer[]),
            (select $4::text[]), (select $5::integer[]))
       with ordinality as r(stream_id, after, snapshot_schema, command_id, most, place)
  left join lateral (
    select s.version, s.state
    from ${schema}.snapshots s
    where s.stream_id = r.stream_id and s.schema_version = r.snapshot_schema
      and s.version > r.after
      and exists (select from ${schema}.events e
                  where e.stream_id = s.stream_id and e.version = s.version)
  ) snapshot on true
  cross join lateral (
    select 's' as kind, snapshot.version, null::integer as schema_version,
           null::double precision as "position", null::uuid as id, null::text as type,
           null::double precision as recorded_at, snapshot.state as data, null::jsonb as metadata
    where snapshot.version is not null
    union all
    select 'c', c.after, c.event_count, null, null, null, null, null, null
    from ${schema}.commands c
    where c.stream_id = r.stream_id and c.command_id = r.command_id
    union all
    (select 'e', e.version, e.schema_version, e.position::double precision, e.id, e.type,
            ${milliseconds('e.recorded_at')}, e.data, e.metadata
     from ${schema}.events e
     where e.stream_id = r.stream_id and e.version > coalesce(snapshot.version, r.after)
     order by e.version
     limit r.most)
  ) x`

/** PostgreSQL takes no NUL in a text; no command was ever remembered under an id with one. */
const withoutNul = (commandId: string | undefined): string | null =>
  commandId === undefined || commandId.includes('\u0000') ? null : commandId

export const loadManyParameters = (
  requests: ReadonlyArray<LoadRequest>,
): ReadonlyArray<unknown> => [
  requests.map(({ streamId }) => streamId),
  requests.map(({ after }) => after),
  requests.map(({ snapshotSchema }) => snapshotSchema ?? null),
  requests.map(({ commandId }) => withoutNul(commandId)),
  requests.map(({ limit }) => limit + 1),
]

// The same for one stream, without "place".
const loadOne = (schema: string): string => `
with snapshot as materialized (
  select s.version, s.state
  from ${schema}.snapshots s
  where s.stream_id = $1::text and s.schema_version = $3::integer and s.version > $2::integer
    and exists (select from ${schema}.events e
                where e.stream_id = s.stream_id and e.version = s.version)
)
select 's' as kind, version, null::integer as schema_version, null::double precision as "position",
       null::uuid as id, null::text as type, null::double precision as recorded_at, state as data,
       null::jsonb as metadata
from snapshot
union all
select 'c', after, event_count, null, null, null, null, null, null
from ${schema}.commands
where stream_id = $1 and command_id = $4::text
union all
(select 'e', e.version, e.schema_version, e.position::double precision, e.id, e.type,
        ${milliseconds('e.recorded_at')}, e.data, e.metadata
 from ${schema}.events e
 where e.stream_id = $1 and e.version > coalesce((select version from snapshot), $2)
 order by e.version
 limit $5::integer)`

export const loadOneParameters = ({
  streamId,
  after,
  snapshotSchema,
  commandId,
  limit,
}: LoadRequest): ReadonlyArray<unknown> => [
  streamId,
  after,
  snapshotSchema ?? null,
  withoutNul(commandId),
  limit + 1,
]

/** Whether there is nothing to look for but events. */
export const isRead = ({ snapshotSchema, commandId }: LoadRequest): boolean =>
  snapshotSchema === undefined && withoutNul(commandId) === null

/** The statements for a schema of any name. */
export const loadStatements = (schema: string): LoadStatements => {
  const name = quoteIdentifier(schema)
  return { loadMany: named('load', loadMany(name)), loadOne: named('load_one', loadOne(name)) }
}

interface Row {
  /** Which of the requests it is for, from 1. Left out when there is only one. */
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
export type LoadRow = SnapshotRow | CommandRow | LoadedEventRow

export type LoadAnswer = E.Either<ReadError, Loaded>

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

/** What was found for one request. */
export const answerTo = (request: LoadRequest, rows: ReadonlyArray<LoadRow> = []): LoadAnswer => {
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
  return E.map((found: StreamPage) => ({
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(handled === undefined ? {} : { handled }),
    ...found,
  }))(toPage(request.limit, events))
}

/** What was found for each request. */
export const answersTo = (
  requests: ReadonlyArray<LoadRequest>,
  rows: ReadonlyArray<LoadRow>,
): ReadonlyArray<LoadAnswer> => {
  const byPlace = new Map<number, LoadRow[]>()
  for (const row of rows) {
    const { place = 1 } = row
    const known = byPlace.get(place)
    if (known === undefined) byPlace.set(place, [row])
    else known.push(row)
  }
  return requests.map((request, index) => answerTo(request, byPlace.get(index + 1)))
}
