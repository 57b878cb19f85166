import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import {
  type FileRefusal,
  fileRefused,
  type ListedArchivedStream,
  MOST_BYTES,
  moveToFileProblem,
  rangeDiffers,
  rangeGivenUp,
  type UnusedRange,
  writtenRangeProblem,
} from '../../../core/operator/moving-to-files'
import type { Operator } from '../../../core/ports/operator'
import { ENDED_VERSION } from '../schema/names'
import { epoch, type OperatedSchema } from './operated-schema'

// What stands for a stream knows the entries of the audit, so one that another writer has made says nothing.
const archived = (schema: string): string => `
select a.subject as "streamId", ${epoch('a.recorded_at')} as "archivedAt", a.operator as by, a.detail->>'why' as why,
       s.events, s.checksum, a.sequence::double precision as sequence,
       s.file, s.start::double precision as start, s.length::double precision as length, s.sha256
from ${schema}.audit a
  join ${schema}.archived_streams s on s.stream_id = a.subject
  join ${schema}.events e on e.stream_id = a.subject and e.version = ${ENDED_VERSION} and e.type = 'archived'
    and (e.data->>'archive')::bigint = a.sequence
where a.action = 'archive' and a.sequence > $1::bigint
  and (s.file is not null) = $3::boolean
  and ($4::text is null or split_part(a.subject, '-', 1) = $4)
  and ($5::double precision = 'Infinity' or exists (
    select from ${schema}.audit c
    where c.sequence = (e.data->>'audit')::bigint and c.recorded_at < to_timestamp($5::double precision / 1000)))
order by a.sequence
limit $2::integer`

interface ArchivedRow extends Omit<ListedArchivedStream, 'place'> {
  readonly file: string | null
  readonly start: number | null
  readonly length: number | null
  readonly sha256: string | null
}

const listed = ({ file, start, length, sha256, ...stream }: ArchivedRow): ListedArchivedStream =>
  file === null
    ? stream
    : { ...stream, place: { file, start: start ?? 0, length: length ?? 0, sha256: sha256 ?? '' } }

const begin = (schema: string): string => `
select outcome, range::double precision as range, start::double precision as start, stream_id as "streamId", content
from ${schema}.begin_archive_range($1::text, $2::text[], $3::text, $4::bigint)`

interface BeginRow {
  readonly outcome: 'begun' | 'empty' | FileRefusal
  readonly range: number
  readonly start: number
  readonly streamId: string
  readonly content: string
}

const finish = (schema: string): string => `
select outcome, stream_id as "streamId" from ${schema}.finish_archive_range($1::bigint, $2::text[], $3::text, $4::text)`

interface FinishRow {
  readonly outcome: 'moved' | 'given up' | 'differs'
  readonly streamId: string
}

const unused = (schema: string): string => `
select range::double precision as range, file, start::double precision as start, length::double precision as length
from ${schema}.archive_ranges
where given_up
order by range`

const overwritten = (schema: string): string => `select ${schema}.drop_archive_range($1::bigint)`

/** Moving archived streams to files: see begin_archive_range in migrations/0001_reprise.sql. */
export const movingToFiles = ({
  quoted,
  read,
  write,
}: OperatedSchema): Pick<
  Operator,
  'archivedStreams' | 'beginMoveToFile' | 'finishMoveToFile' | 'unusedRanges' | 'rangeOverwritten'
> => ({
  archivedStreams: ({ after, limit, where, category = null, closedBefore = Infinity }) =>
    pipe(
      read<ArchivedRow>(archived(quoted), [
        ...[after, limit + 1, where === 'files', category, closedBefore],
      ]),
      TE.map((found) => ({
        streams: found.slice(0, limit).map(listed),
        more: found.length > limit,
      })),
    ),
  beginMoveToFile: (moving) => {
    const problem = moveToFileProblem(moving)
    if (problem !== undefined) return TE.left(problem)
    const { file, streams, expects } = moving
    return pipe(
      write<BeginRow>(begin(quoted), [file, streams, expects, MOST_BYTES]),
      TE.flatMapEither((rows) => {
        const [first] = rows
        if (first === undefined || first.outcome === 'empty') return E.right(undefined)
        if (first.outcome !== 'begun') return E.left(fileRefused(file, first.outcome))
        const { range, start } = first
        const parts = rows.map(({ streamId, content }) => ({ streamId, content }))
        return E.right({ range, start, parts })
      }),
    )
  },
  finishMoveToFile: (written) => {
    const problem = writtenRangeProblem(written)
    if (problem !== undefined) return TE.left(problem)
    const { range, sha256s, by, why } = written
    return pipe(
      write<FinishRow>(finish(quoted), [range, sha256s, by, why]),
      TE.flatMapEither((rows) => {
        const outcome = rows[0]?.outcome ?? 'given up'
        if (outcome === 'given up') return E.left(rangeGivenUp(range))
        if (outcome === 'differs') return E.left(rangeDiffers(range))
        return E.right(rows.map(({ streamId }) => streamId))
      }),
    )
  },
  unusedRanges: () => read<UnusedRange>(unused(quoted)),
  rangeOverwritten: (range) =>
    pipe(
      write<object>(overwritten(quoted), [range]),
      TE.map(() => undefined),
    ),
})
