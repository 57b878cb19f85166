import { named } from '../connection/query'
import { quoteIdentifier } from '../schema/names'
import type { EncodedAppend } from './append'
import {
  announcing,
  COLUMNS,
  type Columns,
  eventColumns,
  fits,
  isExact,
  jsonColumns,
  markColumns,
  MOMENT,
  type Query,
  STORED,
  streamColumns,
  unnested,
  versionCode,
  versionOf,
} from './statement-parts'

// Optimistic statements check the version and insert in one statement. A row comes back for every event that was
// stored: what gave none did not fit.

/** The optimistic statements for one stream. */
export interface OneStreamStatements {
  /** One event, expected at a version (0: not to exist). */
  readonly appendOne: string
  /** One event, and the command that gave it. */
  readonly appendOneMarked: string
  /** Any number of events. */
  readonly appendStream: string
}

const one = (schema: string, announce: string): string => `
insert into ${schema}.events (${COLUMNS})
select $1::text, $2::integer + 1, $3::uuid, $4::text, $5::smallint, ${MOMENT}, $6::text::jsonb, $7::text::jsonb
where ${announce} and ${versionOf(schema, '$1', '$2')} = $2
${STORED}`

const oneParameters = ({
  streamId,
  expectedVersion,
  events: [event],
}: EncodedAppend): ReadonlyArray<string | number | null> => [
  streamId,
  versionCode(expectedVersion),
  event?.id ?? null,
  event?.type ?? null,
  event?.schemaVersion ?? null,
  event?.data ?? null,
  event?.metadata ?? null,
]

const oneMarked = (schema: string, announce: string): string => `
with request as materialized (
  select ${versionOf(schema, '$1::text', '$2::integer')} as current
  where ${announce}
    and not exists (select from ${schema}.commands where stream_id = $1 and command_id = $8::text)
), remembered as (
  insert into ${schema}.commands (stream_id, command_id, after, event_count, fingerprint)
  select $1, $8, current, 1, $9::text from request where ${fits('$2', 'current')}
)
insert into ${schema}.events (${COLUMNS})
select $1, current + 1, $3::uuid, $4::text, $5::smallint, ${MOMENT}, $6::text::jsonb, $7::text::jsonb
from request where ${fits('$2', 'current')}
${STORED}`

const oneMarkedParameters = (append: EncodedAppend): ReadonlyArray<string | number | null> => [
  ...oneParameters(append),
  append.commands[0]?.commandId ?? null,
  append.commands[0]?.fingerprint ?? null,
]

const stream = (schema: string, announce: string): string => `
insert into ${schema}.events (${COLUMNS})
select $1::text, stream.current + e.place, e.id, e.type, e.schema_version, stream.moment, e.data, e.metadata
from (
    select ${versionOf(schema, '$1', '$2::integer')} as current, ${MOMENT} as moment
    where ${announce} offset 0
  ) stream,
  ${unnested('(select $3::uuid[]), (select $4::text[]), (select $5::smallint[])', '$6', '$7')}
    with ordinality as e(id, type, schema_version, data, metadata, place)
where ${fits('$2', 'stream.current')}
order by e.place
${STORED}`

const streamParameters = ({
  streamId,
  expectedVersion,
  events,
}: EncodedAppend): ReadonlyArray<unknown> => [
  streamId,
  versionCode(expectedVersion),
  ...jsonColumns(events),
]

/** The statements for a schema of any name. */
export const oneStreamStatements = (schema: string, lockTimeout?: number): OneStreamStatements => {
  const name = quoteIdentifier(schema)
  const announce = announcing(name, lockTimeout)
  return {
    appendOne: named('append_one', one(name, announce)),
    appendOneMarked: named('append_one_marked', oneMarked(name, announce)),
    appendStream: named('append_stream', stream(name, announce)),
  }
}

/** The statement for one append; `undefined`: it takes one for several streams. */
export const oneStreamQuery = (
  statements: OneStreamStatements,
  append: EncodedAppend,
): Query | undefined => {
  const { events, commands } = append
  if (commands.length === 0) {
    return events.length === 1 && isExact(append)
      ? { text: statements.appendOne, parameters: oneParameters(append) }
      : { text: statements.appendStream, parameters: streamParameters(append) }
  }
  return events.length === 1 && commands.length === 1 && commands[0]?.eventCount === 1
    ? { text: statements.appendOneMarked, parameters: oneMarkedParameters(append) }
    : undefined
}

/** The optimistic statements for any number of streams. */
export interface ManyStreamsStatements {
  /** One event for each stream, expected at a version. */
  readonly appendSingles: string
  /** Any number of events for each stream. */
  readonly appendSeveral: string
  /** Any number of events for each stream, and the commands that gave them. */
  readonly appendSeveralMarked: string
}

/** No row where nothing may be appended. */
const announced = (announce: string): string => `
with announced as materialized (
  select ${MOMENT} as moment where ${announce}
)`

const singles = (schema: string, announce: string): string => `
${announced(announce)}
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

const singlesParameters = (appends: ReadonlyArray<EncodedAppend>): Columns => [
  ...streamColumns(appends),
  ...jsonColumns(appends.flatMap(({ events }) => events)),
]

const requests = (schema: string, condition: string): string => `request as materialized (
  select r.stream_id, stream.current
  from unnest((select $1::text[]), (select $2::integer[])) as r(stream_id, expected),
    lateral (select ${versionOf(schema, 'r.stream_id', 'r.expected')} as current offset 0) stream
  where ${fits('r.expected', 'stream.current')} and exists (select from announced)${condition}
)`

const insertion = (schema: string): string => `
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

const several = (schema: string, announce: string): string => `
${announced(announce)}, ${requests(schema, '')}
${insertion(schema)}`

const severalParameters = (appends: ReadonlyArray<EncodedAppend>): Columns => [
  ...streamColumns(appends),
  ...eventColumns(appends, 0, jsonColumns),
]

const severalMarked = (schema: string, announce: string): string => `
${announced(announce)}, mark as materialized (
  select m.*
  from unnest((select $10::text[]), (select $11::text[]), (select $12::integer[]), (select $13::integer[]),
              (select $14::text[]))
    as m(stream_id, command_id, skip, event_count, fingerprint)
), ${requests(
  schema,
  `
    and not exists (
      select from mark m join ${schema}.commands c
        on c.stream_id = m.stream_id and c.command_id = m.command_id
      where m.stream_id = r.stream_id)`,
)}, remembered as (
  insert into ${schema}.commands (stream_id, command_id, after, event_count, fingerprint)
  select m.stream_id, m.command_id, r.current + m.skip, m.event_count, m.fingerprint
  from mark m join request r on r.stream_id = m.stream_id
  order by m.stream_id, m.command_id
)
${insertion(schema)}`

const severalMarkedParameters = (appends: ReadonlyArray<EncodedAppend>): Columns => [
  ...severalParameters(appends),
  ...markColumns(appends),
]

/** The statements for a schema of any name. */
export const manyStreamsStatements = (
  schema: string,
  lockTimeout?: number,
): ManyStreamsStatements => {
  const name = quoteIdentifier(schema)
  const announce = announcing(name, lockTimeout)
  return {
    appendSingles: named('append_singles', singles(name, announce)),
    appendSeveral: named('append_several', several(name, announce)),
    appendSeveralMarked: named('append_several_marked', severalMarked(name, announce)),
  }
}

/** The statement for some appends, each with at least one event. */
export const manyStreamsQuery = (
  statements: ManyStreamsStatements,
  appends: ReadonlyArray<EncodedAppend>,
): Query => {
  if (appends.some(({ commands }) => commands.length > 0)) {
    return { text: statements.appendSeveralMarked, parameters: severalMarkedParameters(appends) }
  }
  return appends.every((append) => append.events.length === 1 && isExact(append))
    ? { text: statements.appendSingles, parameters: singlesParameters(appends) }
    : { text: statements.appendSeveral, parameters: severalParameters(appends) }
}
