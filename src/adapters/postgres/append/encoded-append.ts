import type { AppendRequest, CommandMark } from '../../../core/append'
import type { ExpectedVersion } from '../../../core/expected-version'
import type { Metadata } from '../../../core/metadata'
import type { NewEvent } from '../../../core/recorded-event'
import { MAXIMUM_VERSION, type StreamId } from '../../../core/stream'

/** An event as the append function takes it. */
export interface PreparedEvent {
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

/** Metadata of an event without any. */
export const EMPTY = '{}'

const isEmpty = (metadata: Metadata): boolean => {
  for (const key in metadata) if (Object.hasOwn(metadata, key)) return false
  return true
}

const prepareEvent = ({ id, type, schemaVersion, data, metadata }: NewEvent): PreparedEvent => ({
  id,
  type,
  schemaVersion,
  data: JSON.stringify(data),
  metadata: isEmpty(metadata) ? EMPTY : JSON.stringify(metadata),
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

/** How long the data and metadata of an append are, in code units. */
export const lengthOf = ({ events }: PreparedAppend): number => {
  let length = 0
  for (const { data, metadata } of events) length += data.length + metadata.length
  return length
}

/** Whether an append names the very version that its stream must be at, and there is a version after it. */
export const isExact = ({ expectedVersion }: PreparedAppend): boolean =>
  expectedVersion !== 'any' &&
  expectedVersion !== 'mustExist' &&
  expectedVersion !== MAXIMUM_VERSION
