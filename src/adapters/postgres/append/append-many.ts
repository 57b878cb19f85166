import type { EncodedAppend, EncodedEvent } from './append'
import { arrayText, type Columns, jsonColumns, markColumns, streamColumns } from './append-columns'
import type { Announcing } from './announcing'
import { COLUMNS, stored, unnested } from './insert-events'
import { CURRENT, fits, joinLast, MOMENT, notBefore, versionCode } from './last-event'

// The optimistic statements for many appends: any number of events for each of any number of streams.

/** No row where nothing may be appended. */
const announcedMoment = (schema: string, { sequence, announced }: Announcing): string => `
with announced as materialized (
  select ${MOMENT} as moment from ${sequence} where ${announced}
)`

/** Each event looks at its stream: most appends of many have one. */
export const many = (
  schema: string,
  announce: Announcing,
): string => `${announcedMoment(schema, announce)}
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
export const manyMarked = (
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

export const manyParameters = (appends: ReadonlyArray<EncodedAppend>): Columns =>
  perEvent(appends, ({ expectedVersion }) => String(versionCode(expectedVersion)))

export const manyMarkedParameters = (appends: ReadonlyArray<EncodedAppend>): Columns => [
  ...streamColumns(appends),
  ...perEvent(appends, (_, index) => String(index + 1)),
  appends.flatMap(({ streamId, commands }) => commands.map(() => streamId)),
  appends.flatMap(({ commands }, index) => commands.map(() => index + 1)),
  ...markColumns(appends),
]
