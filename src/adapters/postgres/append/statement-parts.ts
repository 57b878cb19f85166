import type { ExpectedVersion } from '../../../core/expected-version'
import { MAXIMUM_VERSION } from '../../../core/stream'
import { milliseconds } from '../schema/names'
import { EMPTY_METADATA, type EncodedAppend, type EncodedEvent } from './append'

// What the statements that append have in common: pieces of SQL, and the parameters that go with them.
//
// Parameters are arrays in subqueries: the planner, which cannot see how long they are, then keeps one plan for all
// lengths. Data and metadata are JSON arrays, without the escapes that an array of texts needs.

/** The columns that an insert fills. */
export const COLUMNS = 'stream_id, version, id, type, schema_version, recorded_at, data, metadata'

/** A row for every event that was stored: see StoredRow. */
export const STORED = `returning stream_id, version, position::double precision as "position",
  ${milliseconds('recorded_at')} as recorded_at`

export const MOMENT = "date_trunc('milliseconds', clock_timestamp())"

/** Columns from array parameters, and two from JSON; rows that come from them run in parallel. */
export const unnested = (arrays: string, data: string, metadata: string): string =>
  `rows from (unnest(${arrays}),
             jsonb_array_elements((select ${data}::text::jsonb)),
             jsonb_array_elements((select ${metadata}::text::jsonb)))`

/**
 * SQL: bounds how long this statement waits for a lock, in milliseconds. It costs no round trip, and leaves nothing
 * behind on a connection that others use as well: outside of a transaction it ends with the statement.
 */
export const limitingLocks = (timeout: number): string =>
  `set_config('lock_timeout', '${timeout}', true)`

/**
 * Takes the lock that announces the writer to readers: see `announce` in migrations/0001_reprise.sql. It must be held
 * before a position is drawn; in all statements it is, because what is inserted comes from the row that requested the
 * lock. Null, and no lock, where the sequence is behind the rows: then nothing is inserted, and the append function
 * says why.
 */
// Not by pg_sequence_last_value: to a role that may not read the sequence it answers null, not an error, and a lock
// on 0 would hold up every reader.
export const announcing = (schema: string, lockTimeout?: number): string =>
  `${lockTimeout === undefined ? '' : `${limitingLocks(lockTimeout)} is not null and `}pg_advisory_xact_lock_shared((
    select ((s.tableoid::bigint & 16777215) << 40) | s.last
    from (
      select tableoid, case when is_called then last_value else 0 end as last
      from ${schema}.events_position_seq offset 0
    ) s
    where (select e.position from ${schema}.events e where e.position > s.last
           order by e.position limit 1) is null)) is not null`

/** An array for PostgreSQL: of values, or as its text. */
type Column = ReadonlyArray<string | number | null> | string
export type Columns = ReadonlyArray<Column>

/** The text of an array, written item by item. */
export const arrayText = () => {
  let text = ''
  return {
    add: (item: string | undefined): void => {
      text += text === '' ? '{' : ','
      text += item ?? 'null'
    },
    end: (): string => (text === '' ? '{}' : `${text}}`),
  }
}

/** The columns of some events that are not JSON; of no event, nulls. */
export const plainColumns = (events: ReadonlyArray<EncodedEvent | undefined>): Columns => {
  const [id, schemaVersion] = [arrayText(), arrayText()]
  const types: Array<string | null> = []
  for (const event of events) {
    id.add(event?.id)
    types.push(event?.type ?? null)
    schemaVersion.add(event && String(event.schemaVersion))
  }
  return [id.end(), types, schemaVersion.end()]
}

/** The columns of some events, with JSON arrays for data and metadata. */
export const jsonColumns = (events: ReadonlyArray<EncodedEvent>): Columns => [
  ...plainColumns(events),
  `[${events.map(({ data }) => data).join(',')}]`,
  `[${events.map(({ metadata }) => metadata).join(',')}]`,
]

/** The streams of some appends, and their expected versions. */
export const streamColumns = (appends: ReadonlyArray<EncodedAppend>): Columns => {
  const expected = arrayText()
  for (const { expectedVersion } of appends) expected.add(String(versionCode(expectedVersion)))
  return [appends.map(({ streamId }) => streamId), expected.end()]
}

/** The events of some appends with their places (1, 2, ...) within them, except the first `skip` ones. */
export const eventColumns = (
  appends: ReadonlyArray<EncodedAppend>,
  skip: number,
  columnsOf: (events: ReadonlyArray<EncodedEvent>) => Columns,
): Columns => {
  const placed = appends.flatMap(({ streamId, events }) =>
    events.slice(skip).map((event, index) => ({ streamId, place: skip + index + 1, event })),
  )
  return [
    placed.map(({ streamId }) => streamId),
    placed.map(({ place }) => place),
    ...columnsOf(placed.map(({ event }) => event)),
  ]
}

/** The commands that gave the events of some appends. */
export const markColumns = (appends: ReadonlyArray<EncodedAppend>): Columns => {
  const marks = appends.flatMap(({ streamId, commands }) =>
    commands.map((mark) => ({ ...mark, streamId })),
  )
  return [
    marks.map(({ streamId }) => streamId),
    marks.map(({ commandId }) => commandId),
    marks.map(({ skip }) => skip),
    marks.map(({ eventCount }) => eventCount),
    marks.map(({ fingerprint }) => fingerprint ?? null),
  ]
}

/** A statement with its parameters. */
export interface Query {
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

// JSON holds no control characters, so encoding it once more as JSON is the quoting that an array needs.
const jsonElement = (json: string): string =>
  json === EMPTY_METADATA ? '"{}"' : JSON.stringify(json)

/** The columns of some events, with arrays of texts for data and metadata; of no event, nulls. */
export const textColumns = (events: ReadonlyArray<EncodedEvent | undefined>): Columns => {
  const [data, metadata] = [arrayText(), arrayText()]
  for (const event of events) {
    data.add(event && jsonElement(event.data))
    metadata.add(event && jsonElement(event.metadata))
  }
  return [...plainColumns(events), data.end(), metadata.end()]
}

// How the kinds of expected versions reach the server, and how the statements check them. The append function of
// migrations/0001_reprise.sql reads the same codes.

export const versionCode = (expected: ExpectedVersion): number => {
  if (expected === 'any') return -1
  if (expected === 'mustExist') return -2
  return expected === 'mustNotExist' ? 0 : expected
}

/** SQL: whether a stream at version `current` has the version that the code `expected` requires. */
export const fits = (expected: string, current: string): string =>
  `(${expected} in (-1, ${current}) or (${expected} = -2 and ${current} > 0))`

/**
 * SQL: the version of a stream; 0, which then does not fit, if it is below the expected one. Without that bound the
 * index would be read on downwards, to the end of the page, however few rows are requested.
 */
export const versionOf = (schema: string, stream: string, expected: string): string =>
  `coalesce((select e.version from ${schema}.events e
             where e.stream_id = ${stream} and e.version >= ${expected}
             order by e.version desc limit 1), 0)`

/** Whether an append names the one version that its stream must be at, and there is a version after it. */
export const isExact = ({ expectedVersion }: EncodedAppend): boolean =>
  expectedVersion !== 'any' &&
  expectedVersion !== 'mustExist' &&
  expectedVersion !== MAXIMUM_VERSION
