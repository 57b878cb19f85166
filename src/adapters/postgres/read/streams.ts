import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import type { EventStore } from '../../../core/ports/event-store'
import { toStoreFailed } from '../connection/errors'
import type { Tables } from '../connection/tables'

interface StreamRow {
  readonly stream_id: string
  readonly version: number
  readonly recorded_at: number
}

/** A page of the streams, by the code points of their ids. */
export const streams =
  ({ db, statements }: Tables): EventStore['streams'] =>
  ({ after, limit, category }) => {
    // No stream id holds a NUL, so a place before one is the same place.
    const [start] = after.split('\u0000')
    // '.' is the character after '-': together they bound the ids of one category.
    const bounds = category === undefined ? ['', null] : [`${category}-`, `${category}.`]
    return pipe(
      TE.tryCatch(
        () =>
          db.executeQuery<StreamRow>(
            CompiledQuery.raw(statements.streams, [start, limit, ...bounds]),
          ),
        toStoreFailed('reading'),
      ),
      TE.map(({ rows }) =>
        rows.map(({ stream_id, version, recorded_at }) => ({
          streamId: stream_id,
          version,
          recordedAt: recorded_at,
        })),
      ),
    )
  }
