import type { AppendRequest, CommandMark } from '../../../core/append'
import type { ExpectedVersion } from '../../../core/expected-version'
import type { NewEvent } from '../../../core/recorded-event'
import type { StreamId } from '../../../core/stream'
import { isEmpty } from '../../../core/owns'

/** An event as the statements take it: data and metadata are JSON. */
export interface EncodedEvent {
  readonly id: string
  readonly type: string
  readonly schemaVersion: number
  readonly data: string
  readonly metadata: string
  /** Sorted, each once. */
  readonly tags?: ReadonlyArray<string>
}

/** A request encoded: the caller can no longer change it, and it is encoded only once, however often it is sent. */
export interface EncodedAppend {
  readonly streamId: StreamId
  readonly expectedVersion: ExpectedVersion
  readonly events: ReadonlyArray<EncodedEvent>
  readonly commands: ReadonlyArray<CommandMark>
}

/** Metadata of an event without any. */
export const EMPTY_METADATA = '{}'

const encodeEvent = ({
  id,
  type,
  schemaVersion,
  data,
  metadata,
  tags,
}: NewEvent): EncodedEvent => ({
  id,
  type,
  schemaVersion,
  data: JSON.stringify(data),
  metadata: isEmpty(metadata) ? EMPTY_METADATA : JSON.stringify(metadata),
  ...(tags === undefined || tags.length === 0 ? {} : { tags: [...tags] }),
})

export const encodeAppend = ({
  streamId,
  expectedVersion,
  events,
  commands,
}: AppendRequest): EncodedAppend => ({
  streamId,
  expectedVersion,
  events: events.map(encodeEvent),
  commands: commands.map((mark) => ({ ...mark })),
})

/** Whether something besides the streams must be stored and locked for it. */
export const isTagged = ({ events }: EncodedAppend): boolean =>
  events.some(({ tags }) => tags !== undefined)

/** How long the data and metadata of an append are, in UTF-16 code units. */
export const lengthOf = ({ events }: EncodedAppend): number => {
  let length = 0
  for (const { data, metadata } of events) length += data.length + metadata.length
  return length
}
