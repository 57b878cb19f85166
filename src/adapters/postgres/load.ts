import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import type { Json } from '../../core/json'
import type {
  EventStore,
  HandledCommand,
  LoadRequest,
  StoredSnapshot,
} from '../../core/ports/event-store'
import { streamIdError } from '../../core/stream'
import { toStoreFailed } from './errors'
import { type EventRow, toStoredEvents } from './rows'
import type { Tables } from './tables'

interface SnapshotRow {
  readonly kind: 's'
  readonly version: number
  readonly data: Json
}
interface CommandRow {
  readonly kind: 'c'
  readonly version: number
  readonly schema_version: number
}
interface LoadedEventRow extends Omit<EventRow, 'stream_id'> {
  readonly kind: 'e'
}
type LoadRow = SnapshotRow | CommandRow | LoadedEventRow

const isEvent = (row: LoadRow): row is LoadedEventRow => row.kind === 'e'

const snapshotIn = (
  rows: ReadonlyArray<LoadRow>,
  { streamId, snapshotSchema = 0 }: LoadRequest,
): { readonly snapshot?: StoredSnapshot } => {
  const row = rows.find((candidate) => candidate.kind === 's')
  return row === undefined
    ? {}
    : {
        snapshot: {
          streamId,
          version: row.version,
          schemaVersion: snapshotSchema,
          state: row.data,
        },
      }
}

const commandIn = (rows: ReadonlyArray<LoadRow>): { readonly handled?: HandledCommand } => {
  const row = rows.find((candidate) => candidate.kind === 'c')
  return row === undefined
    ? {}
    : { handled: { after: row.version, eventCount: row.schema_version } }
}

/** A command id that the database can be asked for; no command was ever remembered by another one. */
const askable = (commandId: string | undefined): string | null =>
  commandId === undefined || commandId.includes('\u0000') ? null : commandId

/** Snapshot, later events and command mark in one statement. */
export const load =
  ({ db, statements }: Tables): EventStore['load'] =>
  (request) => {
    const { streamId, after, snapshotSchema, commandId, limit } = request
    const invalid = streamIdError(streamId)
    if (invalid !== undefined) return TE.left(invalid)
    const parameters = [streamId, after, snapshotSchema ?? null, askable(commandId), limit + 1]
    return pipe(
      TE.tryCatch(
        () => db.executeQuery<LoadRow>(CompiledQuery.raw(statements.load, parameters)),
        toStoreFailed('reading'),
      ),
      TE.flatMapEither(({ rows }) =>
        pipe(
          toStoredEvents(rows.filter(isEvent).map((row) => ({ ...row, stream_id: streamId }))),
          E.map((events) => ({
            ...snapshotIn(rows, request),
            ...commandIn(rows),
            events: events.slice(0, limit),
            more: events.length > limit,
          })),
        ),
      ),
    )
  }
