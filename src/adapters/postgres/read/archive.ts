import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { streamErased } from '../../../core/errors/erased'
import type { ReadError } from '../../../core/errors/unions'
import type {
  BackwardsRange,
  Loaded,
  LoadRequest,
  StreamRange,
} from '../../../core/ports/event-store'
import { firstVersionAbove, lastVersion } from '../../../core/read-range'
import type { StoredEvent } from '../../../core/recorded-event'
import type { StreamId } from '../../../core/stream'
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
select (e.data ->> 'version')::integer as version, c.after, c.event_count, c.fingerprint
from ${schema}.events e
  left join ${schema}.commands c on c.stream_id = e.stream_id and c.command_id = $2::text
where e.stream_id = $1::text and e.version = ${ENDED_VERSION} and e.type = 'archived'`

interface Look {
  readonly version: number
  /** null: no such command was handled. */
  readonly after: number | null
  readonly event_count: number | null
  readonly fingerprint: string | null
}

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
  return (db: Executor): ArchiveReads => {
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
    /** It may have been erased in between: a page without events says nothing. */
    const page = (
      streamId: StreamId,
      limit: number,
      rows: TE.TaskEither<ReadError, ReadonlyArray<StoredEvent>>,
    ): TE.TaskEither<ReadError, StreamPage> =>
      pipe(
        rows,
        TE.flatMap((found) =>
          found.length > 0
            ? orArchived(toPage(limit, found), () => TE.left(streamErased(streamId)))
            : pipe(
                lookFor(streamId, null),
                TE.map(() => ({ events: [], more: false })),
              ),
        ),
      )
    const read: ArchiveReads['read'] = (streamId, { after, limit, tags, upTo }) => {
      const last = upTo === undefined ? ENDED_VERSION : lastVersion({ upTo })
      const parameters = [streamId, after, limit + 1, last, withoutNul(tags)]
      return page(streamId, limit, readRows<StoredEvent>(db, statements.forwards, parameters))
    }
    return {
      read,
      readBackwards: (streamId, range) => {
        const { limit, tags } = range
        const parameters = [streamId, firstVersionAbove(range), limit + 1, withoutNul(tags)]
        return page(streamId, limit, readRows<StoredEvent>(db, statements.backwards, parameters))
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
