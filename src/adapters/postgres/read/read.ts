import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import type { EventStore } from '../../../core/ports/event-store'
import type { StoredEvent } from '../../../core/recorded-event'
import { streamIdError } from '../../../core/stream'
import { toStoreFailed } from '../connection/errors'
import { countable } from './stored-events'
import type { Tables } from '../connection/tables'

/** A page of one stream, by version. */
export const read =
  ({ db, statements }: Tables): EventStore['read'] =>
  (streamId, { after, limit }) => {
    const invalid = streamIdError(streamId)
    if (invalid !== undefined) return TE.left(invalid)
    return pipe(
      TE.tryCatch(
        () =>
          db.executeQuery<StoredEvent>(
            CompiledQuery.raw(statements.read, [streamId, after, limit + 1]),
          ),
        toStoreFailed('reading'),
      ),
      TE.flatMapEither(({ rows }) => countable(rows)),
      TE.map((events) => ({ events: events.slice(0, limit), more: events.length > limit })),
    )
  }
