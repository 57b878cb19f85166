import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { streamErased } from '../../../core/errors/erased'
import { invalidQuery } from '../../../core/errors/invalid'
import type { StreamStore, StreamRange } from '../../../core/ports/event-store'
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
select e.version, case when e.version = ${ENDED_VERSION} then (e.data ->> 'version')::integer end as closed
from ${schema}.events e
where e.stream_id = $1::text
order by e.version desc
limit 1`

interface VersionRow {
  readonly version: number
  /** The version of a closed stream. */
  readonly closed: number | null
}

/** Asks for the version only where a page without events says nothing: what an erased stream has left may be beyond its bounds. */
const pageOr =
  (version: StreamStore['version'], streamId: StreamId, limit: number) =>
  (found: ReadonlyArray<StoredEvent>): ReturnType<StreamStore['read']> =>
    found.length > 0
      ? TE.fromEither(toPage(limit, found))
      : pipe(
          version(streamId),
          TE.map(() => ({ events: [], more: false })),
        )

/** Takes a stream, the version to begin after, and how many rows to answer. */
export const readStatement = (schema: string): string =>
  named('read', read(quoteIdentifier(schema)))

/** A page of one stream, by version. */
export const readFrom = (schema: string) => {
  const statement = readStatement(schema)
  const tagged = named('read_tagged', readTagged(quoteIdentifier(schema)))
  const bounded = named('read_up_to', readUpTo(quoteIdentifier(schema)))
  const versionOf = versionIn(schema)
  return (db: Executor): StreamStore['read'] => {
    const version = versionOf(db)
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
      return pipe(
        rows(range, streamId),
        isBounded
          ? TE.flatMap(pageOr(version, streamId, range.limit))
          : TE.flatMapEither((found) => toPage(range.limit, found)),
      )
    }
  }
}

/** A page of one stream, newest events first. */
export const readBackwardsFrom = (schema: string) => {
  const statement = named('read_backwards', readBackwards(quoteIdentifier(schema)))
  const versionOf = versionIn(schema)
  return (db: Executor): StreamStore['readBackwards'] => {
    const version = versionOf(db)
    return (streamId, range) => {
      const invalid = streamIdError(streamId)
      if (invalid !== undefined) return TE.left(invalid)
      const problem = backwardsRangeProblem(range)
      if (problem !== undefined) return TE.left(invalidQuery(problem))
      const { limit, tags } = range
      const parameters = [streamId, firstVersionAbove(range), limit + 1, withoutNul(tags)]
      return pipe(
        readRows<StoredEvent>(db, statement, parameters),
        TE.flatMap(pageOr(version, streamId, limit)),
      )
    }
  }
}

/** The version of a stream. */
export const versionIn = (schema: string) => {
  const statement = named('version', version(quoteIdentifier(schema)))
  return (db: Executor): StreamStore['version'] =>
    (streamId) => {
      const invalid = streamIdError(streamId)
      return invalid === undefined
        ? pipe(
            readRows<VersionRow>(db, statement, [streamId]),
            TE.flatMapEither(([row]) =>
              row?.version === ENDED_VERSION && row.closed === null
                ? E.left(streamErased(streamId))
                : E.right(row?.closed ?? row?.version ?? 0),
            ),
          )
        : TE.left(invalid)
    }
}
