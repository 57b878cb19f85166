import { type AppendStatements, appendStatements } from '../append/append-statements'
import { fingerprint, namespaceOf, quoteIdentifier, quoteText } from '../schema/names'
import { milliseconds } from '../schema/sql'

/** Every statement of the store, as text. Each begins with the name under which it can be prepared. */
export interface Statements extends AppendStatements {
  readonly load: string
  readonly loadOne: string
  readonly readAll: string
  readonly readBelow: string
  readonly read: string
  readonly streams: string
  readonly saveSnapshot: string
  readonly locate: string
}

const PREFIX = '/*reprise:'

/** Puts a name before a statement. It depends on the text, so that no two texts share a name. */
export const named = (name: string, text: string): string =>
  `${PREFIX}${name}_${fingerprint(text).toString(16)}*/ ${text}`

/** The name a statement is prepared under; `undefined` for a statement that is not one of ours. */
export const preparedName = (text: string): string | undefined =>
  text.startsWith(PREFIX) ? `reprise_${text.slice(PREFIX.length, text.indexOf('*/'))}` : undefined

// One statement is one look at the store: snapshot, events after it and command mark agree. It takes any
// number of streams; "place" tells which of them a row is for. Parameters are subqueries, so that one plan
// serves all lengths: see append-statements.ts.
// Rows: kind 's' a snapshot (data: its state), 'c' a command handled before (version: the one before
// its events, schema_version: how many), 'e' an event.
const load = (schema: string): string => `
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

// As stored events, name by name: what a row holds is not looked at again.
const eventColumns = `stream_id as "streamId", version, id, type, schema_version as "schemaVersion", data, metadata`

/** The table as a constant: functions compare it with the one that they were made for. */
const eventsOf = (schema: string): string => `${quoteText(`${schema}.events`)}::regclass`

const readAll = (schema: string): string => `
select ${eventColumns}, "position", recorded_at as "recordedAt"
from ${schema}.read_all($1::bigint, $2::integer, $3::text[], $4::text[], ${eventsOf(schema)})`

const storedColumns = `${eventColumns}, position::double precision as "position",
       ${milliseconds('recorded_at')} as "recordedAt"`

// The horizon was seen on the primary. A replica may be behind it, and its rows are not all of them.
const readBelow = (schema: string): string => `
select ${storedColumns}
from ${schema}.events e
where e.position > $1::bigint and e.position <= $5::bigint
  and ($3::text[] is null or split_part(stream_id, '-', 1) = any($3))
  and ($4::text[] is null or type = any($4))
  and (select case when pg_is_in_recovery() then ${schema}.refuse_replica() else true end)
order by e.position
limit $2::integer`

const read = (schema: string): string => `
select ${storedColumns}
from ${schema}.events e
where e.stream_id = $1::text and e.version > $2::integer
order by e.version
limit $3::integer`

// Jumps from one stream to the next in the primary key's index: it costs what the page costs, however
// many events there are. $3 and $4 bound the ids of one category.
const streams = (schema: string): string => `
with recursive found as (
  (select stream_id from ${schema}.events
   where stream_id > $1::text and stream_id >= $3::text
     and ($4::text is null or stream_id < $4::text)
   order by stream_id limit 1)
  union all
  select (select e.stream_id from ${schema}.events e
          where e.stream_id > f.stream_id and ($4::text is null or e.stream_id < $4::text)
          order by e.stream_id limit 1)
  from found f where f.stream_id is not null
)
select f.stream_id, e.version, ${milliseconds('e.recorded_at')} as recorded_at
from (select * from found where stream_id is not null limit $2::integer) f
  cross join lateral (
    select version, recorded_at from ${schema}.events where stream_id = f.stream_id
    order by version desc limit 1) e
order by f.stream_id`

const saveSnapshot = (schema: string): string => `
insert into ${schema}.snapshots as s (stream_id, schema_version, version, state)
values ($1::text, $2::integer, $3::integer, $4::text::jsonb)
on conflict (stream_id, schema_version) do update
  set version = excluded.version, state = excluded.state
  where s.version < excluded.version`

// Without a time: the horizon. Otherwise what comes before the first event that was recorded since.
const locate = (schema: string): string => `
select least(h.horizon, (
    select min(e.position) - 1 from ${schema}.events e
    where e.recorded_at >= to_timestamp($1::double precision / 1000)
  ))::double precision as "position"
from ${schema}.horizon(${eventsOf(schema)}) as h(horizon)`

/** The statements for a schema of any name. */
export const statementsFor = (schema: string): Statements => {
  const quoted = quoteIdentifier(schema)
  const appends = appendStatements(schema, namespaceOf(schema))
  return {
    append: named('append', appends.append),
    appendOne: named('append_one', appends.appendOne),
    appendOneMarked: named('append_one_marked', appends.appendOneMarked),
    appendStream: named('append_stream', appends.appendStream),
    appendSingles: named('append_singles', appends.appendSingles),
    appendSeveral: named('append_several', appends.appendSeveral),
    appendSeveralMarked: named('append_several_marked', appends.appendSeveralMarked),
    load: named('load', load(quoted)),
    loadOne: named('load_one', loadOne(quoted)),
    readAll: named('read_all', readAll(quoted)),
    readBelow: named('read_below', readBelow(quoted)),
    read: named('read', read(quoted)),
    streams: named('streams', streams(quoted)),
    saveSnapshot: named('save_snapshot', saveSnapshot(quoted)),
    locate: locate(quoted),
  }
}
