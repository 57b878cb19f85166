import { isExactly } from '../../../core/expected-version'
import { MAXIMUM_VERSION } from '../../../core/stream'
import { named } from '../connection/query'
import { eventsOf, milliseconds, quoteIdentifier } from '../schema/names'
import { type EncodedAppend, type EncodedEvent } from './append'
import { arrayText, type Columns, jsonColumns, markColumns, streamColumns } from './append-columns'
import { type Announcing, announcing, type EventsLayout } from './announcing'
import { CURRENT, fits, joinLast, MOMENT, notBefore, versionCode } from './last-event'
import { settingsIn, type StatementSettings } from './statement-settings'

// The optimistic statements: they check the version and insert. A row comes back for every event that was stored: what
// gave none did not fit.
//
// Parameters are arrays in subqueries: the planner, which cannot see how long they are, then keeps one plan for all
// lengths. Data and metadata are JSON arrays, without the escapes that an array of texts needs.

/** Whether an append names the one version that its stream must be at, and there is a version after it. */
const isExact = ({ expectedVersion }: EncodedAppend): boolean =>
  isExactly(expectedVersion) && expectedVersion !== MAXIMUM_VERSION

/** The columns that an insert fills. */
const COLUMNS = 'stream_id, version, id, type, schema_version, recorded_at, data, metadata'

/** A row for every event that was stored: see StoredRow. One that is in a partition has the number of another table. */
const stored = (schema: string): string =>
  `returning stream_id, version, position::double precision as "position",
  ${milliseconds('recorded_at')} as recorded_at, tableoid <> ${eventsOf(schema)} as partitioned`

/** Columns from array parameters, and two from JSON; rows that come from them run in parallel. */
const unnested = (arrays: string, data: string, metadata: string): string =>
  `rows from (unnest(${arrays}),
             jsonb_array_elements((select ${data}::text::jsonb)),
             jsonb_array_elements((select ${metadata}::text::jsonb)))`

/** A statement with its parameters. */
export interface Query {
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/** Of an insert: what it goes by, and itself. */
interface Insert {
  /** Queries by their names. Empty: there are none. */
  readonly queries: string
  readonly insert: string
}

const plain = ({ queries, insert }: Insert): string =>
  queries === '' ? insert : `\nwith ${queries}${insert}`

/** The same, which fails where it stores nothing: so that what is sent after it is not run. */
const orRefused = (schema: string, { queries, insert }: Insert): string => `
with ${queries === '' ? '' : `${queries}, `}stored as (${insert}
)
select stream_id, version, "position", recorded_at from stored
union all
select ${schema}.refuse_nothing_stored(), null, null, null where not exists (select from stored)`

/** The statements for events of one stream. */
export interface OneStreamStatements {
  /** One event, expected at a version (0: not to exist). */
  readonly appendOne: string
  /** One event, and the command that gave it. */
  readonly appendOneMarked: string
  /** Any number of events of one stream. */
  readonly appendStream: string
}

/** The optimistic statements. */
export interface OptimisticStatements extends OneStreamStatements {
  /** Those for one stream, which fail with an error where they store nothing: see `isNothingStored`. */
  readonly orRefused: OneStreamStatements
  /** Any number of events for each of any number of streams. */
  readonly appendMany: string
  /** The same, and the commands that gave them. */
  readonly appendManyMarked: string
}

const one = (schema: string, { sequence, announced }: Announcing): Insert => ({
  queries: '',
  insert: `
insert into ${schema}.events (${COLUMNS})
select $1::text, $2::integer + 1, $3::uuid, $4::text, $5::smallint, ${notBefore('last.recorded_at')},
  $6::text::jsonb, $7::text::jsonb
from ${sequence} ${joinLast(schema, '$1', '$2')}
where ${announced} and ${CURRENT} = $2
${stored(schema)}`,
})

const oneMarked = (schema: string, { sequence, announced }: Announcing): Insert => ({
  queries: `request as materialized (
  select ${CURRENT} as current, last.recorded_at as since
  from ${sequence} ${joinLast(schema, '$1::text', '$2::integer')}
  where ${announced}
    and not exists (select from ${schema}.commands where stream_id = $1 and command_id = $8::text)
), remembered as (
  insert into ${schema}.commands (stream_id, command_id, after, event_count, fingerprint)
  select $1, $8, current, 1, $9::text from request where current = $2
)`,
  insert: `
insert into ${schema}.events (${COLUMNS})
select $1, current + 1, $3::uuid, $4::text, $5::smallint, ${notBefore('since')}, $6::text::jsonb, $7::text::jsonb
from request where current = $2
${stored(schema)}`,
})

const oneParameters = (
  { streamId, expectedVersion, commands: [mark] }: EncodedAppend,
  event: EncodedEvent,
): ReadonlyArray<unknown> => [
  streamId,
  versionCode(expectedVersion),
  event.id,
  event.type,
  event.schemaVersion,
  event.data,
  event.metadata,
  ...(mark === undefined ? [] : [mark.commandId, mark.fingerprint ?? null]),
]

const stream = (schema: string, { sequence, announced }: Announcing): Insert => ({
  queries: '',
  insert: `
insert into ${schema}.events (${COLUMNS})
select $1::text, stream.current + e.place, e.id, e.type, e.schema_version, stream.moment, e.data, e.metadata
from (
    select ${CURRENT} as current, ${notBefore('last.recorded_at')} as moment
    from ${sequence} ${joinLast(schema, '$1', '$2::integer')}
    where ${announced} offset 0
  ) stream,
  ${unnested('(select $3::uuid[]), (select $4::text[]), (select $5::smallint[])', '$6', '$7')}
    with ordinality as e(id, type, schema_version, data, metadata, place)
where ${fits('$2', 'stream.current')}
order by e.place
${stored(schema)}`,
})

const streamParameters = ({
  streamId,
  expectedVersion,
  events,
}: EncodedAppend): ReadonlyArray<unknown> => [
  streamId,
  versionCode(expectedVersion),
  ...jsonColumns(events),
]

/** No row where nothing may be appended. */
const announcedMoment = (schema: string, { sequence, announced }: Announcing): string => `
with announced as materialized (
  select ${MOMENT} as moment from ${sequence} where ${announced}
)`

/** Each event looks at its stream: most appends of many have one. */
const many = (schema: string, announce: Announcing): string => `${announcedMoment(schema, announce)}
insert into ${schema}.events (${COLUMNS})
select r.stream_id, ${CURRENT} + r.place, r.id, r.type, r.schema_version, ${notBefore('last.recorded_at', 'a.moment')},
  r.data, r.metadata
from announced a,
  ${unnested(
    `(select $1::text[]), (select $2::integer[]), (select $3::integer[]), (select $4::uuid[]),
                    (select $5::text[]), (select $6::smallint[])`,
    '$7',
    '$8',
  )}
    with ordinality as r(stream_id, expected, place, id, type, schema_version, data, metadata, turn)
  ${joinLast(schema, 'r.stream_id', 'r.expected')}
where ${fits('r.expected', CURRENT)}
order by r.turn
${stored(schema)}`

/**
 * Commands are looked up, and remembered, beside the events: all of them see the store at the same moment. Each stream is looked
 * at once. What was found goes to its events and commands by the number of the append, in arrays, for a join would be planned
 * without knowing for how many; a version of -1 says that nothing may be appended.
 */
const manyMarked = (
  schema: string,
  announce: Announcing,
): string => `${announcedMoment(schema, announce)},
mark as materialized (
  select m.*
  from unnest((select $11::text[]), (select $12::integer[]), (select $13::text[]), (select $14::integer[]),
              (select $15::integer[]), (select $16::text[]))
    as m(stream_id, append, command_id, skip, event_count, fingerprint)
), handled as materialized (
  select distinct m.stream_id
  from mark m join ${schema}.commands c on c.stream_id = m.stream_id and c.command_id = m.command_id
), found as materialized (
  select array_agg(${notBefore('last.recorded_at', 'moment')} order by a.append) as moments,
    array_agg(case when ${fits('a.expected', CURRENT)} and a.stream_id not in (select stream_id from handled)
                   then ${CURRENT} else -1 end order by a.append) as versions
  from announced, unnest((select $1::text[]), (select $2::integer[])) with ordinality as a(stream_id, expected, append)
    ${joinLast(schema, 'a.stream_id', 'a.expected')}
), remembered as (
  insert into ${schema}.commands (stream_id, command_id, after, event_count, fingerprint)
  select m.stream_id, m.command_id, (select versions from found)[m.append] + m.skip, m.event_count, m.fingerprint
  from mark m
  where (select versions from found)[m.append] >= 0
  order by m.stream_id, m.command_id
)
insert into ${schema}.events (${COLUMNS})
select r.stream_id, (select versions from found)[r.append] + r.place, r.id, r.type, r.schema_version,
  (select moments from found)[r.append], r.data, r.metadata
from ${unnested(
  `(select $3::text[]), (select $4::integer[]), (select $5::integer[]), (select $6::uuid[]),
                    (select $7::text[]), (select $8::smallint[])`,
  '$9',
  '$10',
)}
    with ordinality as r(stream_id, append, place, id, type, schema_version, data, metadata, turn)
where (select versions from found)[r.append] >= 0
order by r.turn
${stored(schema)}`

/** Of each event of some appends what `of` says, and its place in its append. */
const perEvent = (
  appends: ReadonlyArray<EncodedAppend>,
  of: (append: EncodedAppend, index: number) => string,
): Columns => {
  const [streams, events]: [string[], EncodedEvent[]] = [[], []]
  const [values, places] = [arrayText(), arrayText()]
  for (const [index, append] of appends.entries()) {
    const value = of(append, index)
    let place = 0
    for (const event of append.events) {
      place += 1
      streams.push(append.streamId)
      values.add(value)
      places.add(String(place))
      events.push(event)
    }
  }
  return [streams, values.end(), places.end(), ...jsonColumns(events)]
}

const manyParameters = (appends: ReadonlyArray<EncodedAppend>): Columns =>
  perEvent(appends, ({ expectedVersion }) => String(versionCode(expectedVersion)))

const manyMarkedParameters = (appends: ReadonlyArray<EncodedAppend>): Columns => [
  ...streamColumns(appends),
  ...perEvent(appends, (_, index) => String(index + 1)),
  appends.flatMap(({ streamId, commands }) => commands.map(() => streamId)),
  appends.flatMap(({ commands }, index) => commands.map(() => index + 1)),
  ...markColumns(appends),
]

/** The statements for a schema of any name. */
export const optimisticStatements = (
  schema: string,
  settings: StatementSettings = {},
  layout: EventsLayout = 'table',
): OptimisticStatements => {
  const name = quoteIdentifier(schema)
  const announce = announcing(name, settingsIn(settings), layout)
  const label = (of: string): string => (layout === 'table' ? of : `${of}_partition`)
  const inserts = {
    appendOne: one(name, announce),
    appendOneMarked: oneMarked(name, announce),
    appendStream: stream(name, announce),
  }
  return {
    appendOne: named(label('append_one'), plain(inserts.appendOne)),
    appendOneMarked: named(label('append_one_marked'), plain(inserts.appendOneMarked)),
    appendStream: named(label('append_stream'), plain(inserts.appendStream)),
    orRefused: {
      appendOne: named(label('append_one_or_fail'), orRefused(name, inserts.appendOne)),
      appendOneMarked: named(
        label('append_one_marked_or_fail'),
        orRefused(name, inserts.appendOneMarked),
      ),
      appendStream: named(label('append_stream_or_fail'), orRefused(name, inserts.appendStream)),
    },
    appendMany: named(label('append_many'), many(name, announce)),
    appendManyMarked: named(label('append_many_marked'), manyMarked(name, announce)),
  }
}

/** The statement for one append; `undefined`: it takes the one for any number. */
export const oneStreamQuery = (
  statements: OneStreamStatements,
  append: EncodedAppend,
): Query | undefined => {
  const { events, commands } = append
  const [event, another] = events
  if (event !== undefined && another === undefined && isExact(append)) {
    if (commands.length === 0) {
      return { text: statements.appendOne, parameters: oneParameters(append, event) }
    }
    if (commands.length === 1 && commands[0]?.eventCount === 1) {
      return { text: statements.appendOneMarked, parameters: oneParameters(append, event) }
    }
  }
  return commands.length === 0
    ? { text: statements.appendStream, parameters: streamParameters(append) }
    : undefined
}

/** The statement for some appends, each with at least one event. */
export const optimisticQuery = (
  statements: OptimisticStatements,
  appends: ReadonlyArray<EncodedAppend>,
): Query => {
  const [first, second] = appends
  if (first !== undefined && second === undefined) {
    const query = oneStreamQuery(statements, first)
    if (query !== undefined) return query
  }
  return appends.every(({ commands }) => commands.length === 0)
    ? { text: statements.appendMany, parameters: manyParameters(appends) }
    : { text: statements.appendManyMarked, parameters: manyMarkedParameters(appends) }
}
