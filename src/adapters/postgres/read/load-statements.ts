import type { LoadRequest } from '../../../core/ports/event-store'
import { named } from '../connection/query'
import { ENDED_VERSION, milliseconds, quoteIdentifier } from '../schema/names'
import { eventColumns } from './stored-events'

/** The version of a stream. */
const versionOf = (schema: string, stream: string): string =>
  `coalesce((select n.version from ${schema}.events n where n.stream_id = ${stream}
             order by n.version desc limit 1), 0)`

// One statement sees the store at one moment: snapshot, events after it and command mark agree. It takes any
// number of streams; "place" says which of them a row is for. Parameters are subqueries, so that one plan
// serves all lengths: see append/append-statements.ts.
// Rows: kind 'v' the stream (version: its own), 's' a snapshot (data: its state), 'c' a command handled
// before (version: the one before its events, schema_version: how many, type: its fingerprint), 'e' an event.
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
    select 'v' as kind, ${versionOf(schema, 'r.stream_id')} as version,
           null::integer as schema_version, null::double precision as "position", null::uuid as id,
           null::text as type, null::double precision as recorded_at, null::jsonb as data,
           null::jsonb as metadata
    union all
    select 's', snapshot.version, null, null, null, null, null, snapshot.state, null
    where snapshot.version is not null
    union all
    select 'c', c.after, c.event_count, null, null, c.fingerprint, null, null, null
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
export const withoutNul = (commandId: string | undefined): string | null =>
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
select 'v' as kind, ${versionOf(schema, '$1')} as version, null::integer as schema_version,
       null::double precision as "position", null::uuid as id, null::text as type,
       null::double precision as recorded_at, null::jsonb as data, null::jsonb as metadata
union all
select 's', version, null, null, null, null, null, state, null
from snapshot
union all
select 'c', after, event_count, null, null, fingerprint, null, null, null
from ${schema}.commands
where stream_id = $1 and command_id = $4::text
union all
(select 'e', e.version, e.schema_version, e.position::double precision, e.id, e.type,
        ${milliseconds('e.recorded_at')}, e.data, e.metadata
 from ${schema}.events e
 where e.stream_id = $1 and e.version > coalesce((select version from snapshot), $2)
 order by e.version
 limit $5::integer)`

export const loadOneParameters = (request: LoadRequest): ReadonlyArray<unknown> => [
  request.streamId,
  request.after,
  request.snapshotSchema ?? null,
  withoutNul(request.commandId),
  request.limit + 1,
]

// The last row says which version the stream has, but for the one beyond the limit: that holds it as its position.
// So the version is looked up only in a stream that is longer than the limit.
const loadFromStart = (schema: string): string => `
select ${eventColumns},
       case when e.version > $2::integer then ${versionOf(schema, '$1')} else e.position end::double precision as "position",
       ${milliseconds('recorded_at')} as "recordedAt"
from ${schema}.events e
where e.stream_id = $1::text
order by e.version
limit $2 + 1`

export const loadFromStartParameters = ({ streamId, limit }: LoadRequest) => [streamId, limit]

const closedVersions = (schema: string): string => `
select e.stream_id, (e.data ->> 'version')::integer as version
from ${schema}.events e
where e.stream_id = any($1::text[]) and e.version = ${ENDED_VERSION} and e.type = 'closed'`

/** The statements that load: a snapshot, the events after it, and the mark of a command. */
export const loadStatements = (schema: string) => {
  const name = quoteIdentifier(schema)
  return {
    /** For any number of streams. */
    loadMany: named('load', loadMany(name)),
    loadOne: named('load_one', loadOne(name)),
    /** All events of one stream, without a snapshot and without a command id. */
    loadFromStart: named('load_from_start', loadFromStart(name)),
    closedVersions: named('closed_versions', closedVersions(name)),
  }
}

export type LoadStatements = ReturnType<typeof loadStatements>
