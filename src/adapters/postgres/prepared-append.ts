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

const columns = (
  events: ReadonlyArray<PreparedEvent | undefined>,
): ReadonlyArray<ReadonlyArray<string | number | null>> => [
  events.map((event) => event?.id ?? null),
  events.map((event) => event?.type ?? null),
  events.map((event) => event?.schemaVersion ?? null),
  events.map((event) => event?.data ?? null),
  events.map((event) => event?.metadata ?? null),
]

/** The arrays of the append function, see migrations/0001_events.sql. */
export const appendParameters = (
  appends: ReadonlyArray<PreparedAppend>,
): ReadonlyArray<ReadonlyArray<string | number | null>> => {
  const rest = appends.flatMap(({ streamId, events }) =>
    events.slice(1).map((event, index) => ({ streamId, place: index + 2, event })),
  )
  const marks = appends.flatMap(({ streamId, commands }) =>
    commands.map((mark) => ({ ...mark, streamId })),
  )
  return [
    appends.map(({ streamId }) => streamId),
    appends.map(({ expectedVersion }) => versionCode(expectedVersion)),
    ...columns(appends.map(({ events }) => events[0])),
    rest.map(({ streamId }) => streamId),
    rest.map(({ place }) => place),
    ...columns(rest.map(({ event }) => event)),
    marks.map(({ streamId }) => streamId),
    marks.map(({ commandId }) => commandId),
    marks.map(({ skip }) => skip),
    marks.map(({ eventCount }) => eventCount),
  ]
}

/** The parameters of the lone append: one event, at most one command; `undefined` if it is not one. */
export const loneParameters = ({
  streamId,
  expectedVersion,
  events,
  commands,
}: PreparedAppend): ReadonlyArray<string | number | null> | undefined => {
  const [event] = events
  if (event === undefined || events.length > 1 || commands.length > 1) return undefined
  const [mark] = commands
  if (mark !== undefined && mark.eventCount !== 1) return undefined
  const { id, type, schemaVersion, data, metadata } = event
  const version = versionCode(expectedVersion)
  return [streamId, version, id, type, schemaVersion, data, metadata, mark?.commandId ?? null]
}
