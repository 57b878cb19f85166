import { quoteIdentifier } from '../schema/names'
import { milliseconds } from '../schema/sql'

/** The statements that append, as text. */
export interface AppendStatements {
  /** Whatever is asked for: see migrations/0001_events.sql. */
  readonly append: string
  /** One event for one stream, expected at a version (0: not to exist). */
  readonly appendOne: string
  /** One event for one stream, and the command that gave it. */
  readonly appendOneMarked: string
  /** Any number of events for one stream. */
  readonly appendStream: string
  /** One event for each of some streams, each expected at a version. */
  readonly appendSingles: string
  /** Any number of events for each of some streams. */
  readonly appendSeveral: string
  /** Any number of events for each of some streams, and the commands that gave them. */
  readonly appendSeveralMarked: string
}

const careful = (schema: string): string => `
select stream_id, outcome, version, "position", recorded_at, command_id, event_count
from ${schema}.append(
  $1::text[], $2::integer[],
  $3::text[]::uuid[], $4::text[], $5::smallint[], $6::text[]::jsonb[], $7::text[]::jsonb[],
  $8::text[], $9::integer[],
  $10::text[]::uuid[], $11::text[], $12::smallint[], $13::text[]::jsonb[], $14::text[]::jsonb[],
  $15::text[], $16::text[], $17::integer[], $18::integer[])`

// The swift statements: they look, and insert what fits. A row comes back for every event that was
// stored. An append without rows did not fit, and one that lost a race while it was stored breaks a
// primary key, and with it the whole statement: either way nothing of it is stored, and the append
// function can tell what has happened.
//
// In all of them the lock is held before a position is drawn, because what is inserted comes from what
// the lock was asked for with. Parameters are arrays in subqueries: the planner, which cannot see
// how long they are, then keeps one plan for all lengths. Data and metadata are JSON arrays, written without
// the escapes that an array of texts needs.

const COLUMNS = 'stream_id, version, id, type, schema_version, recorded_at, data, metadata'

const STORED = `returning stream_id, version, position::double precision as "position",
  ${milliseconds('recorded_at')} as recorded_at`

const MOMENT = "date_trunc('milliseconds', clock_timestamp())"

/** Columns by array parameters, and two of JSON; rows that come from them run in parallel. */
const unnested = (arrays: string, data: string, metadata: string): string =>
  `rows from (unnest(${arrays}),
             jsonb_array_elements((select ${data}::jsonb)),
             jsonb_array_elements((select ${metadata}::jsonb)))`

// Not by pg_sequence_last_value: to a role that may not read the sequence it answers null, not an error, and a lock
// on 0 would hold up every reader.
const announcing = (schema: string, namespace: number): string =>
  `pg_advisory_xact_lock_shared((${namespace}::bigint << 40)
    | (select case when is_called then last_value else 0 end from ${schema}.events_position_seq))`

/**
 * The version of a stream; 0, which then does not fit, if it is below what is expected. Without that bound the index
 * would be read on downwards, to the end of the page, however few rows are asked for.
 */
const versionOf = (schema: string, stream: string, expected: string): string =>
  `coalesce((select e.version from ${schema}.events e
             where e.stream_id = ${stream} and e.version >= ${expected}
             order by e.version desc limit 1), 0)`

const fits = (expected: string, current: string): string =>
  `(${expected} in (-1, ${current}) or (${expected} = -2 and ${current} > 0))`

const one = (schema: string, namespace: number): string => `
insert into ${schema}.events (${COLUMNS})
select $1::text, $2::integer + 1, $3::uuid, $4::text, $5::smallint, ${MOMENT}, $6::jsonb, $7::jsonb
where ${announcing(schema, namespace)} is not null and ${versionOf(schema, '$1', '$2')} = $2
${STORED}`

const oneMarked = (schema: string, namespace: number): string => `
with request as materialized (
  select ${versionOf(schema, '$1::text', '$2::integer')} as current
  where ${announcing(schema, namespace)} is not null
    and not exists (select from ${schema}.commands where stream_id = $1 and command_id = $8::text)
), remembered as (
  insert into ${schema}.commands (stream_id, command_id, after, event_count)
  select $1, $8, current, 1 from request where ${fits('$2', 'current')}
)
insert into ${schema}.events (${COLUMNS})
select $1, current + 1, $3::uuid, $4::text, $5::smallint, ${MOMENT}, $6::jsonb, $7::jsonb
from request where ${fits('$2', 'current')}
${STORED}`

const stream = (schema: string, namespace: number): string => `
insert into ${schema}.events (${COLUMNS})
select $1::text, stream.current + e.place, e.id, e.type, e.schema_version, stream.moment, e.data, e.metadata
from (
    select ${versionOf(schema, '$1', '$2::integer')} as current, ${MOMENT} as moment
    where ${announcing(schema, namespace)} is not null offset 0
  ) stream,
  ${unnested('(select $3::uuid[]), (select $4::text[]), (select $5::smallint[])', '$6', '$7')}
    with ordinality as e(id, type, schema_version, data, metadata, place)
where ${fits('$2', 'stream.current')}
order by e.place
${STORED}`

const announced = (schema: string, namespace: number): string => `
with announced as materialized (
  select ${MOMENT} as moment, ${announcing(schema, namespace)}
)`

const singles = (schema: string, namespace: number): string => `
${announced(schema, namespace)}
insert into ${schema}.events (${COLUMNS})
select r.stream_id, r.expected + 1, r.id, r.type, r.schema_version, a.moment, r.data, r.metadata
from announced a,
  ${unnested(
    `(select $1::text[]), (select $2::integer[]), (select $3::uuid[]), (select $4::text[]),
                    (select $5::smallint[])`,
    '$6',
    '$7',
  )}
    as r(stream_id, expected, id, type, schema_version, data, metadata)
where ${versionOf(schema, 'r.stream_id', 'r.expected')} = r.expected
${STORED}`

const requests = (schema: string, condition: string): string => `request as materialized (
  select r.stream_id, stream.current
  from unnest((select $1::text[]), (select $2::integer[])) as r(stream_id, expected),
    lateral (select ${versionOf(schema, 'r.stream_id', 'r.expected')} as current offset 0) stream
  where ${fits('r.expected', 'stream.current')}${condition}
)`

const events = (schema: string): string => `
insert into ${schema}.events (${COLUMNS})
select e.stream_id, r.current + e.place, e.id, e.type, e.schema_version, a.moment, e.data, e.metadata
from announced a,
  ${unnested(
    `(select $3::text[]), (select $4::integer[]), (select $5::uuid[]), (select $6::text[]),
                    (select $7::smallint[])`,
    '$8',
    '$9',
  )}
    with ordinality as e(stream_id, place, id, type, schema_version, data, metadata, turn)
  join request r on r.stream_id = e.stream_id
order by e.turn
${STORED}`

const several = (schema: string, namespace: number): string => `
${announced(schema, namespace)}, ${requests(schema, '')}
${events(schema)}`

const severalMarked = (schema: string, namespace: number): string => `
${announced(schema, namespace)}, mark as materialized (
  select m.*
  from unnest((select $10::text[]), (select $11::text[]), (select $12::integer[]), (select $13::integer[]))
    as m(stream_id, command_id, skip, event_count)
), ${requests(
  schema,
  `
    and not exists (
      select from mark m join ${schema}.commands c
        on c.stream_id = m.stream_id and c.command_id = m.command_id
      where m.stream_id = r.stream_id)`,
)}, remembered as (
  insert into ${schema}.commands (stream_id, command_id, after, event_count)
  select m.stream_id, m.command_id, r.current + m.skip, m.event_count
  from mark m join request r on r.stream_id = m.stream_id
  order by m.stream_id, m.command_id
)
${events(schema)}`

/** The statements for a schema of any name, whose advisory locks have the number `namespace`. */
export const appendStatements = (name: string, namespace: number): AppendStatements => {
  const schema = quoteIdentifier(name)
  return {
    append: careful(schema),
    appendOne: one(schema, namespace),
    appendOneMarked: oneMarked(schema, namespace),
    appendStream: stream(schema, namespace),
    appendSingles: singles(schema, namespace),
    appendSeveral: several(schema, namespace),
    appendSeveralMarked: severalMarked(schema, namespace),
  }
}
