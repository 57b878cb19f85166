import { named } from '../connection/query'
import { quoteIdentifier } from '../schema/names'
import type { EncodedAppend } from './encoded-append'
import { fits, isExact, versionCode, versionOf } from './expected-version'
import {
  announcing,
  COLUMNS,
  jsonColumns,
  MOMENT,
  type Query,
  STORED,
  unnested,
} from './statement-parts'

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
