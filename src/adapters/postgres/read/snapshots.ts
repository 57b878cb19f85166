import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { storableCopies } from '../../../core/document-key'
import type { StreamStore } from '../../../core/ports/event-store'
import { streamIdError } from '../../../core/stream'
import { named, type Executor, type TransactionScope, writeRows } from '../connection/query'
import { ENDED_VERSION, quoteIdentifier } from '../schema/names'

const saveSnapshot = (schema: string): string => `
insert into ${schema}.snapshots as s (stream_id, schema_version, version, state)
select $1::text, $2::integer, $3::integer, $4::text::jsonb
where not exists (select from ${schema}.events e where e.stream_id = $1 and e.version = ${ENDED_VERSION} and e.type = 'erased')
on conflict (stream_id, schema_version) do update
  set version = excluded.version, state = excluded.state
  where s.version < excluded.version`

/** Keeps a snapshot, unless a later one of the same stream and schema version is stored already. */
export const saveSnapshotIn = (schema: string) => {
  const statement = named('save_snapshot', saveSnapshot(quoteIdentifier(schema)))
  return (db: Executor, scope: TransactionScope): StreamStore['saveSnapshot'] =>
    ({ streamId, schemaVersion, version, state }) => {
      const invalid = streamIdError(streamId)
      if (invalid !== undefined) return TE.left(invalid)
      const copies = storableCopies([state])
      if (E.isLeft(copies)) return TE.left(copies.left)
      const parameters = [streamId, schemaVersion, version, JSON.stringify(copies.right[0])]
      return pipe(
        writeRows(db, scope, statement, parameters),
        TE.map(() => undefined),
      )
    }
}
