import { isExactly } from '../../../core/expected-version'
import { MAXIMUM_VERSION } from '../../../core/stream'
import { named } from '../connection/query'
import { quoteIdentifier } from '../schema/names'
import { type EncodedAppend, type EncodedEvent } from './append'
import { jsonColumns } from './append-columns'
import { many, manyMarked, manyMarkedParameters, manyParameters } from './append-many'
import { type Announcing, announcing, type EventsLayout } from './announcing'
import { COLUMNS, stored, unnested } from './insert-events'
import { CURRENT, fits, joinLast, notBefore, versionCode } from './last-event'
import { settingsIn, type StatementSettings } from './statement-settings'

// The optimistic statements: they check the version and insert. A row comes back for every event that was stored: what
// gave none did not fit.

/** Whether an append names the one version that its stream must be at, and there is a version after it. */
const isExact = ({ expectedVersion }: EncodedAppend): boolean =>
  isExactly(expectedVersion) && expectedVersion !== MAXIMUM_VERSION

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
