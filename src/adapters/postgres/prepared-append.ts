import type { AppendRequest, CommandMark } from '../../core/append'
import type { ExpectedVersion } from '../../core/expected-version'
import type { NewEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'

/** An event as the append function takes it. */
interface PreparedEvent {
  readonly id: string
  readonly type: string
  readonly schemaVersion: number
  readonly data: string
  readonly metadata: string
}

/** A request written out, so that nobody can change it any more, and it is written out only once. */
export interface PreparedAppend {
  readonly streamId: StreamId
  readonly expectedVersion: ExpectedVersion
  readonly events: ReadonlyArray<PreparedEvent>
  readonly commands: ReadonlyArray<CommandMark>
}

const prepareEvent = ({ id, type, schemaVersion, data, metadata }: NewEvent): PreparedEvent => ({
  id,
  type,
  schemaVersion,
  data: JSON.stringify(data),
  metadata: JSON.stringify(metadata),
})

export const prepareAppend = ({
  streamId,
  expectedVersion,
  events,
  commands,
}: AppendRequest): PreparedAppend => ({
  streamId,
  expectedVersion,
  events: events.map(prepareEvent),
  commands: commands.map((mark) => ({ ...mark })),
})

const versionCode = (expected: ExpectedVersion): number => {
  if (expected === 'any') return -1
  if (expected === 'mustExist') return -2
  return expected === 'mustNotExist' ? 0 : expected
}

/** An array for PostgreSQL: of values, or written out as it wants it. */
type Column = ReadonlyArray<string | number | null> | string
type Columns = ReadonlyArray<Column>

// The driver would write these out too, but at twice the time. What is JSON already holds no control
// characters, so that quoting it once more as JSON is what an array wants.
const quoted = (texts: ReadonlyArray<string | undefined>): string =>
  `{${texts.map((text) => (text === undefined ? 'null' : JSON.stringify(text))).join(',')}}`

const bare = (values: ReadonlyArray<string | number | undefined>): string =>
  `{${values.map((value) => value ?? 'null').join(',')}}`

const columns = (events: ReadonlyArray<PreparedEvent | undefined>): Columns => [
  bare(events.map((event) => event?.id)),
  events.map((event) => event?.type ?? null),
  bare(events.map((event) => event?.schemaVersion)),
  quoted(events.map((event) => event?.data)),
  quoted(events.map((event) => event?.metadata)),
]

const streamColumns = (appends: ReadonlyArray<PreparedAppend>): Columns => [
  appends.map(({ streamId }) => streamId),
  bare(appends.map(({ expectedVersion }) => versionCode(expectedVersion))),
]

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
const eventColumns = (appends: ReadonlyArray<PreparedAppend>, skip: number): Columns => {
  const placed = appends.flatMap(({ streamId, events }) =>
    events.slice(skip).map((event, index) => ({ streamId, place: skip + index + 1, event })),
  )
  return [
    placed.map(({ streamId }) => streamId),
    bare(placed.map(({ place }) => place)),
    ...columns(placed.map(({ event }) => event)),
  ]
}

/** What the append function takes, see migrations/0001_events.sql. */
export const carefulParameters = (appends: ReadonlyArray<PreparedAppend>): Columns => [
  ...streamColumns(appends),
  ...columns(appends.map(({ events }) => events[0])),
  ...eventColumns(appends, 1),
  ...markColumns(appends),
]

/** What `appendSingles` takes: of each append the first event. */
export const singlesParameters = (appends: ReadonlyArray<PreparedAppend>): Columns => [
  ...streamColumns(appends),
  ...columns(appends.map(({ events }) => events[0])),
]

/** What `appendSeveral` takes. */
export const severalParameters = (appends: ReadonlyArray<PreparedAppend>): Columns => [
  ...streamColumns(appends),
  ...eventColumns(appends, 0),
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
