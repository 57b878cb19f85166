import type { ExpectedVersion } from '../../../core/expected-version'
import { EMPTY, type PreparedAppend, type PreparedEvent } from './encoded-append'

const versionCode = (expected: ExpectedVersion): number => {
  if (expected === 'any') return -1
  if (expected === 'mustExist') return -2
  return expected === 'mustNotExist' ? 0 : expected
}

/** An array for PostgreSQL: of values, or written out as it wants it. */
type Column = ReadonlyArray<string | number | null> | string
type Columns = ReadonlyArray<Column>

/** An array, written out item by item. */
const listing = () => {
  let text = ''
  return {
    add: (item: string | undefined): void => {
      text += text === '' ? '{' : ','
      text += item ?? 'null'
    },
    end: (): string => (text === '' ? '{}' : `${text}}`),
  }
}

// What is JSON already holds no control characters, so that quoting it once more as JSON is what an array
// wants.
const quoted = (json: string): string => (json === EMPTY ? '"{}"' : JSON.stringify(json))

/** The columns of some events that are not JSON; of no event, nulls. */
const plainColumns = (events: ReadonlyArray<PreparedEvent | undefined>): Columns => {
  const [id, schemaVersion] = [listing(), listing()]
  const types: Array<string | null> = []
  for (const event of events) {
    id.add(event?.id)
    types.push(event?.type ?? null)
    schemaVersion.add(event && String(event.schemaVersion))
  }
  return [id.end(), types, schemaVersion.end()]
}

/** The columns of some events; of no event, nulls. */
const columns = (events: ReadonlyArray<PreparedEvent | undefined>): Columns => {
  const [data, metadata] = [listing(), listing()]
  for (const event of events) {
    data.add(event && quoted(event.data))
    metadata.add(event && quoted(event.metadata))
  }
  return [...plainColumns(events), data.end(), metadata.end()]
}

/** The same, with JSON arrays for data and metadata: shorter, but PostgreSQL holds no array above 256 MB. */
const swiftColumns = (events: ReadonlyArray<PreparedEvent>): Columns => [
  ...plainColumns(events),
  `[${events.map(({ data }) => data).join(',')}]`,
  `[${events.map(({ metadata }) => metadata).join(',')}]`,
]

const streamColumns = (appends: ReadonlyArray<PreparedAppend>): Columns => {
  const expected = listing()
  for (const { expectedVersion } of appends) expected.add(String(versionCode(expectedVersion)))
  return [appends.map(({ streamId }) => streamId), expected.end()]
}

const markColumns = (appends: ReadonlyArray<PreparedAppend>): Columns => {
  const marks = appends.flatMap(({ streamId, commands }) =>
    commands.map((mark) => ({ ...mark, streamId })),
  )
  return [
    marks.map(({ streamId }) => streamId),
    marks.map(({ commandId }) => commandId),
    marks.map(({ skip }) => skip),
    marks.map(({ eventCount }) => eventCount),
  ]
}

/** The events of some appends with their places (1, 2, ...) within them, but for the first `skip` ones. */
const eventColumns = (
  appends: ReadonlyArray<PreparedAppend>,
  skip: number,
  columnsOf: (events: ReadonlyArray<PreparedEvent>) => Columns,
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

/** What the append function takes, see migrations/0001_events.sql. */
export const carefulParameters = (appends: ReadonlyArray<PreparedAppend>): Columns => [
  ...streamColumns(appends),
  ...columns(appends.map(({ events }) => events[0])),
  ...eventColumns(appends, 1, columns),
  ...markColumns(appends),
]

/** What `appendStream` takes. */
export const streamParameters = ({
  streamId,
  expectedVersion,
  events,
}: PreparedAppend): ReadonlyArray<Column | number> => [
  streamId,
  versionCode(expectedVersion),
  ...swiftColumns(events),
]

/** What `appendSingles` takes, for appends of one event. */
export const singlesParameters = (appends: ReadonlyArray<PreparedAppend>): Columns => [
  ...streamColumns(appends),
  ...swiftColumns(appends.flatMap(({ events }) => events)),
]

/** What `appendSeveral` takes. */
export const severalParameters = (appends: ReadonlyArray<PreparedAppend>): Columns => [
  ...streamColumns(appends),
  ...eventColumns(appends, 0, swiftColumns),
]

/** What `appendSeveralMarked` takes. */
export const severalMarkedParameters = (appends: ReadonlyArray<PreparedAppend>): Columns => [
  ...severalParameters(appends),
  ...markColumns(appends),
]

/** What `appendOne` takes: of the append the first event. */
export const oneParameters = ({
  streamId,
  expectedVersion,
  events: [event],
}: PreparedAppend): ReadonlyArray<string | number | null> => [
  streamId,
  versionCode(expectedVersion),
  event?.id ?? null,
  event?.type ?? null,
  event?.schemaVersion ?? null,
  event?.data ?? null,
  event?.metadata ?? null,
]

/** What `appendOneMarked` takes: of the append the first event and the first command. */
export const oneMarkedParameters = (
  append: PreparedAppend,
): ReadonlyArray<string | number | null> => [
  ...oneParameters(append),
  append.commands[0]?.commandId ?? null,
]
