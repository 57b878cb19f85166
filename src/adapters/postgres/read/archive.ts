import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { streamErased } from '../../../core/errors/erased'
import type { ReadError } from '../../../core/errors/unions'
import type { FilePlace } from '../../../core/operator/moving-to-files'
import type {
  BackwardsRange,
  Loaded,
  LoadRequest,
  StreamRange,
} from '../../../core/ports/event-store'
import type { ExportedEvent } from '../../../core/ports/transfer'
import { firstVersionAbove, lastVersion } from '../../../core/read-range'
import type { StoredEvent } from '../../../core/recorded-event'
import type { StreamId } from '../../../core/stream'
import { archivedBackwardsPage, archivedPage } from '../../../core/transfer/archived-content'
import type { ReadArchived } from '../../../archive/archived-events'
import { type Executor, named, readRows } from '../connection/query'
import { ENDED_VERSION, quoteIdentifier } from '../schema/names'
import {
  handledCommand,
  type InArchive,
  storedColumns,
  type StreamPage,
  toPage,
  withoutNul,
} from './stored-events'

// What is read of a stream whose events are in the archive. Who reads has met what stands for it among the events.

const forwards = (schema: string): string => `
select ${storedColumns}
from ${schema}.archived_events e
where e.stream_id = $1::text and e.version > $2::integer and e.version <= $4::integer
  and ($5::text[] is null or e.tags && $5)
order by e.version
limit $3::integer`

const backwards = (schema: string): string => `
select ${storedColumns}
from ${schema}.archived_events e
where e.stream_id = $1::text and e.version < $2::bigint and ($4::text[] is null or e.tags && $4)
order by e.version desc
limit $3::integer`

// No row: it was erased.
const look = (schema: string): string => `
select (e.data ->> 'version')::integer as version, c.after, c.event_count, c.fingerprint,
       a.file, a.start::double precision as start, a.length::double precision as length, a.sha256
from ${schema}.events e
  left join ${schema}.archived_streams a on a.stream_id = e.stream_id
  left join ${schema}.commands c on c.stream_id = e.stream_id and c.command_id = $2::text
where e.stream_id = $1::text and e.version = ${ENDED_VERSION} and e.type = 'archived'`

interface Look {
  readonly version: number
  /** null: no such command was handled. */
  readonly after: number | null
  readonly event_count: number | null
  readonly fingerprint: string | null
  /** null: the events are in the table of the archive. */
  readonly file: string | null
  readonly start: number
  readonly length: number
  readonly sha256: string
}

const placeOf = ({ file, start, length, sha256 }: Look): FilePlace | undefined =>
  file === null ? undefined : { file, start, length, sha256 }

/** A page of all events of a stream. */
type PageOf = (events: ReadonlyArray<ExportedEvent>) => StreamPage

/** Reads of archived streams. */
export interface ArchiveReads {
  readonly read: (streamId: StreamId, range: StreamRange) => TE.TaskEither<ReadError, StreamPage>
  readonly readBackwards: (
    streamId: StreamId,
    range: BackwardsRange,
  ) => TE.TaskEither<ReadError, StreamPage>
  readonly load: (request: LoadRequest) => TE.TaskEither<ReadError, Loaded>
}

/** A page; or what is answered in its place, if the events are in the archive. */
export const orArchived = <Failure, Found>(
  found: E.Either<Failure | InArchive, Found>,
  archived: () => TE.TaskEither<ReadError, Found>,
): TE.TaskEither<Exclude<Failure, InArchive> | ReadError, Found> => {
  if (E.isRight(found)) return TE.right(found.right)
  return isInArchive(found.left) ? archived() : TE.left(found.left as Exclude<Failure, InArchive>)
}

export const isInArchive = (failure: unknown): failure is InArchive =>
  typeof failure === 'object' &&
  failure !== null &&
  '_tag' in failure &&
  failure._tag === 'InArchive'

export const archiveReadsIn = (schema: string) => {
  const name = quoteIdentifier(schema)
  const statements = {
    forwards: named('read_archived', forwards(name)),
    backwards: named('read_archived_backwards', backwards(name)),
    look: named('look_into_archive', look(name)),
  }
  return (db: Executor, readArchived: ReadArchived): ArchiveReads => {
    const lookFor = (
      streamId: StreamId,
      commandId: string | null,
    ): TE.TaskEither<ReadError, Look> =>
      pipe(
        readRows<Look>(db, statements.look, [streamId, commandId]),
        TE.flatMapEither(([row]) =>
          row === undefined ? E.left(streamErased(streamId)) : E.right(row),
        ),
      )
    /** Its events from the file. If that fails it may have been erased in between: looks again. */
    const fromFile = (
      streamId: StreamId,
      place: FilePlace,
      pageOf: PageOf,
    ): TE.TaskEither<ReadError, StreamPage> =>
      pipe(
        readArchived(streamId, place),
        TE.map(pageOf),
        TE.orElse((failure) =>
          pipe(
            lookFor(streamId, null),
            TE.flatMap(() => TE.left(failure)),
          ),
        ),
      )
    /** It may have been erased in between, or be in a file: a page without events says nothing. */
    const page = (
      streamId: StreamId,
      limit: number,
      rows: TE.TaskEither<ReadError, ReadonlyArray<StoredEvent>>,
      pageOf: PageOf,
    ): TE.TaskEither<ReadError, StreamPage> =>
      pipe(
        rows,
        TE.flatMap((found) =>
          found.length > 0
            ? orArchived(toPage(limit, found), () => TE.left(streamErased(streamId)))
            : pipe(
                lookFor(streamId, null),
                TE.flatMap((seen) => {
                  const place = placeOf(seen)
                  return place === undefined
                    ? TE.right({ events: [], more: false })
                    : fromFile(streamId, place, pageOf)
                }),
              ),
        ),
      )
    const read: ArchiveReads['read'] = (streamId, range) => {
      const { after, limit, tags, upTo } = range
      const last = upTo === undefined ? ENDED_VERSION : lastVersion({ upTo })
      const parameters = [streamId, after, limit + 1, last, withoutNul(tags)]
      const rows = readRows<StoredEvent>(db, statements.forwards, parameters)
      return page(streamId, limit, rows, (events) => archivedPage(events, range))
    }
    return {
      read,
      readBackwards: (streamId, range) => {
        const { limit, tags } = range
        const parameters = [streamId, firstVersionAbove(range), limit + 1, withoutNul(tags)]
        const rows = readRows<StoredEvent>(db, statements.backwards, parameters)
        return page(streamId, limit, rows, (events) => archivedBackwardsPage(events, range))
      },
      load: ({ streamId, after, limit, commandId }) =>
        pipe(
          TE.Do,
          TE.bind('seen', () =>
            lookFor(streamId, withoutNul(commandId === undefined ? [] : [commandId])?.[0] ?? null),
          ),
          TE.bind('page', () => read(streamId, { after, limit })),
          TE.map(({ seen, page: { events, more } }) => ({
            version: seen.version,
            events,
            more,
            ...(seen.after === null
              ? {}
              : { handled: handledCommand(seen.after, seen.event_count ?? 0, seen.fingerprint) }),
          })),
        ),
    }
  }
}
