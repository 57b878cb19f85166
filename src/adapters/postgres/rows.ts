import * as E from 'fp-ts/Either'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { JsonObject } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import type { StoredEvent } from '../../core/recorded-event'
import { MAXIMUM_POSITION, type StreamId } from '../../core/stream'

/** A row of the events table as the hot statements select it, where the stream is known already. */
export interface EventOfStreamRow {
  readonly position: number
  readonly version: number
  readonly id: string
  readonly type: string
  readonly schema_version: number
  readonly recorded_at: number
  readonly data: JsonObject
  readonly metadata: Metadata
}

/** A row of the events table as the hot statements select it. */
export interface EventRow extends EventOfStreamRow {
  readonly stream_id: string
}

// What its data means is for the codecs to judge, not for us.
const toStoredEvent = (streamId: StreamId, row: EventOfStreamRow): StoredEvent => ({
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

const toEvents = <Row extends EventOfStreamRow>(
  rows: ReadonlyArray<Row>,
  streamOf: (row: Row) => StreamId,
): E.Either<StoreFailed, ReadonlyArray<StoredEvent>> => {
  const events: StoredEvent[] = []
  for (const row of rows) {
    if (row.position > MAXIMUM_POSITION) {
      const advice = `event ${row.version} of ${streamOf(row)} has the position ${row.position}, above the largest one`
      return E.left(storeFailed('CorruptRow', 'nothingWritten', undefined, advice))
    }
    events.push(toStoredEvent(streamOf(row), row))
  }
  return E.right(events)
}

/** The rows as events, unless one of them has a position that cannot be counted on. */
export const toStoredEvents = (
  rows: ReadonlyArray<EventRow>,
): E.Either<StoreFailed, ReadonlyArray<StoredEvent>> => toEvents(rows, (row) => row.stream_id)

/** The same for rows of one stream. */
export const toEventsOf = (
  streamId: StreamId,
  rows: ReadonlyArray<EventOfStreamRow>,
): E.Either<StoreFailed, ReadonlyArray<StoredEvent>> => toEvents(rows, () => streamId)
