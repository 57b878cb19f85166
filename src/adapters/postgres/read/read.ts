import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { ReadArchived } from '../../../archive/archived-events'
import { streamErased } from '../../../core/errors/erased'
import type { StoreFailed } from '../../../core/errors/store'
import { invalidQuery } from '../../../core/errors/invalid'
import type { ReadError } from '../../../core/errors/unions'
import type { StreamStore, StreamPage, StreamRange } from '../../../core/ports/event-store'
import {
  backwardsRangeProblem,
  firstVersionAbove,
  lastVersion,
  streamRangeProblem,
} from '../../../core/read-range'
import type { StoredEvent } from '../../../core/recorded-event'
import { type StreamId, streamIdError } from '../../../core/stream'
import { named, type Executor, readRows } from '../connection/query'
import { ENDED_VERSION, IS_EVENT, quoteIdentifier } from '../schema/names'
import { archiveReadsIn, orArchived } from './archive'
import { storedColumns, toPage, withoutNul } from './stored-events'

const read = (schema: string): string => `
select ${storedColumns}
from ${schema}.events e
where e.stream_id = $1::text and e.version > $2::integer
order by e.version
limit $3::integer`

const readTagged = (schema: string): string => `
select ${storedColumns}
from ${schema}.events e
where e.stream_id = $1::text and e.version > $2::integer
  and exists (select from ${schema}.event_tags t where t.tag = any($4::text[]) and t.position = e.position)
order by e.version
limit $3::integer`

const readUpTo = (schema: string): string => `
select ${storedColumns}
from ${schema}.events e
where e.stream_id = $1::text and e.version > $2::integer and e.version <= $4::integer and ${IS_EVENT}
  and ($5::text[] is null
    or exists (select from ${schema}.event_tags t where t.tag = any($5) and t.position = e.position))
order by e.version
limit $3::integer`

const readBackwards = (schema: string): string => `
select ${storedColumns}
from ${schema}.events e
where e.stream_id = $1::text and e.version < $2::bigint and ${IS_EVENT}
  and ($4::text[] is null
    or exists (select from ${schema}.event_tags t where t.tag = any($4) and t.position = e.position))
order by e.version desc
limit $3::integer`

const version = (schema: string): string => `
select e.version, case when e.version = ${ENDED_VERSION} then (e.data ->> 'version')::integer end as closed, e.type
from ${schema}.events e
where e.stream_id = $1::text
order by e.version desc
limit 1`

interface VersionRow {
  readonly version: number
  /** The version of a stream that was closed or archived. */
  readonly closed: number | null
  readonly type: string
}

/**
 * Asks for the version only where a page without events says nothing: what a stream has left that was erased or archived may be
 * beyond its bounds.
 */
const pageOr =
  (
    lookFor: (streamId: StreamId) => TE.TaskEither<StoreFailed, VersionRow | undefined>,
    streamId: StreamId,
    limit: number,
    archived: () => TE.TaskEither<ReadError, StreamPage>,
  ) =>
  (found: ReadonlyArray<StoredEvent>): ReturnType<StreamStore['read']> =>
    found.length > 0
      ? orArchived(toPage(limit, found), archived)
      : pipe(
          lookFor(streamId),
          TE.flatMap((row): ReturnType<StreamStore['read']> => {
            if (row?.version !== ENDED_VERSION) return TE.right({ events: [], more: false })
            if (row.type === 'archived') return archived()
            return row.type === 'erased'
              ? TE.left(streamErased(streamId))
              : TE.right({ events: [], more: false })
          }),
        )

/** Takes a stream, the version to begin after, and how many rows to answer. */
export const readStatement = (schema: string): string =>
  named('read', read(quoteIdentifier(schema)))

/** A page of one stream, by version. */
export const readFrom = (schema: string) => {
  const statement = readStatement(schema)
  const tagged = named('read_tagged', readTagged(quoteIdentifier(schema)))
  const bounded = named('read_up_to', readUpTo(quoteIdentifier(schema)))
  const [looking, archiveReads] = [lookIn(schema), archiveReadsIn(schema)]
  return (db: Executor, readArchived: ReadArchived): StreamStore['read'] => {
    const [lookFor, archive] = [looking(db), archiveReads(db, readArchived)]
    const rows = ({ after, limit, tags, upTo }: StreamRange, streamId: StreamId) => {
      const parameters = [streamId, after, limit + 1]
      if (upTo !== undefined) {
        const bounds = [lastVersion({ upTo }), withoutNul(tags)]
        return readRows<StoredEvent>(db, bounded, [...parameters, ...bounds])
      }
      return tags === undefined
        ? readRows<StoredEvent>(db, statement, parameters)
        : readRows<StoredEvent>(db, tagged, [...parameters, withoutNul(tags)])
    }
    return (streamId, range) => {
      const invalid = streamIdError(streamId)
      if (invalid !== undefined) return TE.left(invalid)
      const problem = streamRangeProblem(range)
      if (problem !== undefined) return TE.left(invalidQuery(problem))
      const isBounded = range.upTo !== undefined || range.tags !== undefined
      const archived = () => archive.read(streamId, range)
      return pipe(
        rows(range, streamId),
        isBounded
          ? TE.flatMap(pageOr(lookFor, streamId, range.limit, archived))
          : TE.flatMap((found) => orArchived(toPage(range.limit, found), archived)),
      )
    }
  }
}

/** A page of one stream, newest events first. */
export const readBackwardsFrom = (schema: string) => {
  const statement = named('read_backwards', readBackwards(quoteIdentifier(schema)))
  const [looking, archiveReads] = [lookIn(schema), archiveReadsIn(schema)]
  return (db: Executor, readArchived: ReadArchived): StreamStore['readBackwards'] => {
    const [lookFor, archive] = [looking(db), archiveReads(db, readArchived)]
    return (streamId, range) => {
      const invalid = streamIdError(streamId)
      if (invalid !== undefined) return TE.left(invalid)
      const problem = backwardsRangeProblem(range)
      if (problem !== undefined) return TE.left(invalidQuery(problem))
      const { limit, tags } = range
      const parameters = [streamId, firstVersionAbove(range), limit + 1, withoutNul(tags)]
      return pipe(
        readRows<StoredEvent>(db, statement, parameters),
        TE.flatMap(pageOr(lookFor, streamId, limit, () => archive.readBackwards(streamId, range))),
      )
    }
  }
}

/** The row of a stream with the highest version. */
const lookIn = (schema: string) => {
  const statement = named('version', version(quoteIdentifier(schema)))
  return (db: Executor) => (streamId: StreamId) =>
    pipe(
      readRows<VersionRow>(db, statement, [streamId]),
      TE.map(([row]) => row),
    )
}

/** The version of a stream. */
export const versionIn = (schema: string) => {
  const looking = lookIn(schema)
  return (db: Executor): StreamStore['version'] =>
    (streamId) => {
      const invalid = streamIdError(streamId)
      return invalid === undefined
        ? pipe(
            looking(db)(streamId),
            TE.flatMapEither((row) =>
              row?.version === ENDED_VERSION && row.closed === null
                ? E.left(streamErased(streamId))
                : E.right(row?.closed ?? row?.version ?? 0),
            ),
          )
        : TE.left(invalid)
    }
}
