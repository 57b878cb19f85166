import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { streamErased } from '../../../core/errors/erased'
import { subscriptionsBehind } from '../../../core/errors/operator'
import {
  type ArchivedStream,
  archivingProblem,
  type ClosedStream,
  hasTags,
  type NotArchived,
  notClosed,
  type Retired,
} from '../../../core/operator/archiving'
import type { Operator } from '../../../core/ports/operator'
import { ENDED_VERSION } from '../schema/names'
import { epoch, type OperatedSchema } from './operated-schema'

// By the key of the audit, which has no index by subject.
const ofOneStream = (schema: string): string => `
  and a.subject = $5::text and a.sequence in (
    select (e.data->>'audit')::bigint from ${schema}.events e
    where e.stream_id = $5 and e.version = ${ENDED_VERSION} and e.type = 'closed')`

// The entries of the audit are in the order of closing. What stands for the stream knows its entry, so one that somebody else has
// written says nothing.
const closed = (schema: string, one: boolean): string => `
select a.subject as "streamId", ${epoch('a.recorded_at')} as "closedAt", a.operator as by, a.detail->>'why' as why,
       (a.detail->>'version')::integer as version, a.sequence::double precision as sequence
from ${schema}.audit a
where a.action = 'close' and a.sequence > $1::bigint
  and ($3::text is null or split_part(a.subject, '-', 1) = $3)
  and a.recorded_at < to_timestamp($4::double precision / 1000)
  ${one ? ofOneStream(schema) : ''}
  and exists (
    select from ${schema}.events e
    where e.stream_id = a.subject and e.version = ${ENDED_VERSION} and e.type = 'closed'
      and (e.data->>'audit')::bigint = a.sequence)
order by a.sequence
limit $2::integer`

const archive = (schema: string): string => `
select stream_id, outcome, entry::double precision as entry, to_jsonb(behind) as behind
from ${schema}.archive_streams($1::text[], $2::boolean, $3::text, $4::text)`

interface ArchiveRow {
  readonly stream_id: string
  readonly outcome: 'archived' | 'open' | 'erased' | 'tagged' | 'behind'
  readonly entry: number | null
  readonly behind: ReadonlyArray<string> | null
}

const entries = (schema: string): string => `
select subject as "streamId", ${epoch('recorded_at')} as "archivedAt", operator as by, detail->>'why' as why,
       (detail->>'events')::integer as events, detail->>'checksum' as checksum
from ${schema}.audit
where sequence = any($1::bigint[])`

const retired = (schema: string): string => `
select a.*, t.*
from (select count(*)::double precision as "archivedStreams", coalesce(sum(events), 0)::double precision as "archivedEvents"
      from ${schema}.archived_streams) a,
     (select count(*)::double precision as "truncatedStreams", coalesce(sum(up_to), 0)::double precision as "truncatedEvents"
      from ${schema}.truncated_streams) t`

const NOTHING_RETIRED: Retired = {
  archivedStreams: 0,
  archivedEvents: 0,
  truncatedStreams: 0,
  truncatedEvents: 0,
}

const refusalOf = ({ stream_id: streamId, outcome, behind }: ArchiveRow): NotArchived => {
  switch (outcome) {
    case 'erased':
      return streamErased(streamId)
    case 'tagged':
      return hasTags(streamId)
    case 'behind':
      return subscriptionsBehind(streamId, behind ?? [])
    case 'open':
    case 'archived':
      return notClosed(streamId)
  }
}

/** Moving closed streams to the archive: see archive_streams in migrations/0001_reprise.sql. */
export const archiving = ({
  quoted,
  read,
  write,
}: OperatedSchema): Pick<Operator, 'closedStreams' | 'archive' | 'retired'> => ({
  closedStreams: ({ after, limit, category = null, streamId, closedBefore = Infinity }) =>
    pipe(
      read<ClosedStream>(
        closed(quoted, streamId !== undefined),
        [after, limit + 1, category, closedBefore].concat(streamId ?? []),
      ),
      TE.map((found) => ({ streams: found.slice(0, limit), more: found.length > limit })),
    ),
  archive: (wanted) => {
    const problem = archivingProblem(wanted)
    if (problem !== undefined) return TE.left(problem)
    const { streams, by, why, tagged } = wanted
    return pipe(
      TE.Do,
      TE.bind('rows', () =>
        write<ArchiveRow>(archive(quoted), [streams, tagged === 'leaveOut', by, why]),
      ),
      TE.bind('written', ({ rows }) =>
        read<ArchivedStream>(entries(quoted), [rows.flatMap(({ entry }) => entry ?? [])]),
      ),
      TE.map(({ rows, written }) => {
        const archived = new Map(written.map((one) => [one.streamId, one]))
        const byId = new Map(rows.map((row) => [row.stream_id, row]))
        return streams.map((streamId): E.Either<NotArchived, ArchivedStream> => {
          const [row, done] = [byId.get(streamId), archived.get(streamId)]
          if (done !== undefined) return E.right(done)
          return E.left(row === undefined ? notClosed(streamId) : refusalOf(row))
        })
      }),
    )
  },
  retired: () =>
    pipe(
      read<Retired>(retired(quoted)),
      TE.map(([row]) => row ?? NOTHING_RETIRED),
    ),
})
