import * as E from 'fp-ts/Either'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { JsonObject } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import type { StoredEvent } from '../../core/recorded-event'
import { MAXIMUM_POSITION } from '../../core/stream'

/** A row of the events table as the hot statements select it. */
export interface EventRow {
  readonly position: number
  readonly stream_id: string
  readonly version: number
  readonly id: string
  readonly type: string
  readonly schema_version: number
  readonly recorded_at: number
  readonly data: JsonObject
  readonly metadata: Metadata
}

/** A row as a stored event. What its data means is for the codecs to judge, not for us. */
export const toStoredEvent = (row: EventRow): StoredEvent => ({
  id: row.id,
  streamId: row.stream_id,
  version: row.version,
  position: row.position,
  recordedAt: row.recorded_at,
  type: row.type,
  schemaVersion: row.schema_version,
  data: row.data,
  metadata: row.metadata,
})

/** The rows as events, unless one of them has a position that cannot be counted on. */
export const toStoredEvents = (
  rows: ReadonlyArray<EventRow>,
): E.Either<StoreFailed, ReadonlyArray<StoredEvent>> => {
  const corrupt = rows.find(({ position }) => position > MAXIMUM_POSITION)
  return corrupt === undefined
    ? E.right(rows.map(toStoredEvent))
    : E.left(
        storeFailed(
          'CorruptRow',
          'nothingWritten',
          undefined,
          `event ${corrupt.version} of ${corrupt.stream_id} has the position ${corrupt.position}, above the largest one`,
        ),
      )
}
