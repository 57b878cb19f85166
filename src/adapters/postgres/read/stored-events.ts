import * as E from 'fp-ts/Either'
import { type StreamErased, streamErased } from '../../../core/errors/erased'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import type { JsonObject } from '../../../core/json'
import type { Metadata } from '../../../core/metadata'
import type { CommandRecord } from '../../../core/ports/event-store'
import type { StoredEvent } from '../../../core/recorded-event'
import type { StreamId } from '../../../core/stream'
import { HIGHEST_POSITION, milliseconds } from '../schema/names'

/** The columns of a StoredEvent but for position and time, under the names of its fields: rows are used as they are. */
export const eventColumns = `stream_id as "streamId", version, id, type, schema_version as "schemaVersion", data, metadata`

/** The columns of a StoredEvent, from the table. */
export const storedColumns = `${eventColumns}, position::double precision as "position",
       ${milliseconds('recorded_at')} as "recordedAt"`

/** An event of a stream that is known, among rows of other kinds. */
export interface EventRow {
  readonly position: number
  readonly version: number
  readonly id: string
  readonly type: string
  readonly schema_version: number
  readonly recorded_at: number
  readonly data: JsonObject
  readonly metadata: Metadata
}

export const toStoredEvent = (streamId: StreamId, row: EventRow): StoredEvent => ({
  id: row.id,
  streamId,
  version: row.version,
  position: row.position,
  recordedAt: row.recorded_at,
  type: row.type,
  schemaVersion: row.schema_version,
  data: row.data,
  metadata: row.metadata,
})

/** What is known of a command that was handled before. */
export const handledCommand = (
  after: number,
  eventCount: number,
  fingerprint: string | null,
): CommandRecord => ({
  after,
  eventCount,
  ...(fingerprint === null ? {} : { fingerprint }),
})

/** Stored events; `CorruptRow` if one has a position above HIGHEST_POSITION, which no announcement holds. */
export const checkPositions = (
  events: ReadonlyArray<StoredEvent>,
): E.Either<StoreFailed, ReadonlyArray<StoredEvent>> => {
  // Whether its data makes sense is for the codecs to decide.
  const wrong = events.find(({ position }) => position > HIGHEST_POSITION)
  if (wrong === undefined) return E.right(events)
  const { version, streamId, position } = wrong
  const advice = `event ${version} of ${streamId} has the position ${position}, above the largest one`
  return E.left(storeFailed('CorruptRow', 'nothingWritten', undefined, advice))
}

/** PostgreSQL takes no NUL in a text; nothing was ever stored under a name with one. */
export const withoutNul = (
  names: ReadonlyArray<string> | undefined,
): ReadonlyArray<string> | null => names?.filter((name) => !name.includes('\u0000')) ?? null

/** A page of a stream. */
export interface StreamPage {
  readonly events: ReadonlyArray<StoredEvent>
  readonly more: boolean
}

/** Whether a row stands for a stream that was closed or erased, and is no event. It comes after all events of its stream. */
export const isMark = ({ schemaVersion }: Pick<StoredEvent, 'schemaVersion'>): boolean =>
  schemaVersion === 0

/** @param found - one more than the limit, if there are so many; also what stands for a stream that was closed or erased. */
export const toPage = (
  limit: number,
  found: ReadonlyArray<StoredEvent>,
): E.Either<StoreFailed | StreamErased, StreamPage> => {
  const last = found.at(-1)
  if (last !== undefined && isMark(last)) {
    return last.type === 'erased'
      ? E.left(streamErased(last.streamId))
      : toPage(
          limit,
          found.filter((row) => !isMark(row)),
        )
  }
  const more = found.length > limit
  const events = checkPositions(more ? found.slice(0, limit) : found)
  return E.isLeft(events) ? events : E.right({ events: events.right, more })
}
