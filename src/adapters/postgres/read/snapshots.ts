import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import type { EventStore } from '../../../core/ports/event-store'
import { streamIdError } from '../../../core/stream'
import { toStoreFailed } from '../connection/errors'
import type { Tables } from '../connection/tables'

/** Keeps a snapshot, unless a later one of the same stream and schema version is there already. */
export const saveSnapshot =
  ({ db, statements }: Tables): EventStore['saveSnapshot'] =>
  ({ streamId, schemaVersion, version, state }) => {
    const invalid = streamIdError(streamId)
    if (invalid !== undefined) return TE.left(invalid)
    const parameters = [streamId, schemaVersion, version, JSON.stringify(state)]
    return pipe(
      TE.tryCatch(
        () => db.executeQuery(CompiledQuery.raw(statements.saveSnapshot, parameters)),
        toStoreFailed('reading'),
      ),
      TE.map(() => undefined),
    )
  }
