import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import type { EventStore } from '../../core/ports/event-store'
import { streamIdError } from '../../core/stream'
import { toStoreFailed } from './errors'
import { type EventRow, toStoredEvents } from './rows'
import type { Tables } from './tables'

/** A page of one stream, by version. */
export const read =
  ({ db, statements }: Tables): EventStore['read'] =>
  (streamId, { after, limit }) => {
    const invalid = streamIdError(streamId)
    if (invalid !== undefined) return TE.left(invalid)
    return pipe(
      TE.tryCatch(
        () =>
          db.executeQuery<EventRow>(
            CompiledQuery.raw(statements.read, [streamId, after, limit + 1]),
          ),
        toStoreFailed('reading'),
      ),
      TE.flatMapEither(({ rows }) => toStoredEvents(rows)),
      TE.map((events) => ({ events: events.slice(0, limit), more: events.length > limit })),
    )
  }

/** Names that the database can be asked for; nothing was ever stored under another one. */
const askable = (names: ReadonlyArray<string> | undefined): ReadonlyArray<string> | null =>
  names?.filter((name) => !name.includes('\u0000')) ?? null

/** A page of the whole store, never past the horizon. */
export const readAll =
  ({ db, statements }: Tables): EventStore['readAll'] =>
  ({ after, limit, categories, types }) =>
    pipe(
      TE.tryCatch(
        () =>
          db.executeQuery<EventRow>(
            CompiledQuery.raw(statements.readAll, [
              after,
              limit,
              askable(categories),
              askable(types),
            ]),
          ),
        toStoreFailed('reading'),
      ),
      // The first row is the horizon, and no event.
      TE.flatMapEither(({ rows: [horizonRow, ...rows] }) =>
        pipe(
          toStoredEvents(rows),
          E.map((events) => {
            const horizon = horizonRow?.position ?? 0
            const last = events.length === limit ? events.at(-1)?.position : undefined
            return { events, upTo: last ?? Math.max(after, horizon), more: last !== undefined }
          }),
        ),
      ),
    )
