import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { streamErased } from '../../../core/errors/erased'
import { subscriptionsBehind } from '../../../core/errors/operator'
import { storeFailed } from '../../../core/errors/store'
import {
  asBeginning,
  isArchived,
  isSealed,
  noSuchVersion,
  truncatingProblem,
  type Truncation,
} from '../../../core/operator/truncating'
import type { Operator } from '../../../core/ports/operator'
import { epoch, type OperatedSchema } from './operated-schema'

const truncate = (schema: string): string => `
select outcome, entry::double precision as entry, to_jsonb(behind) as behind
from ${schema}.truncate_stream($1::text, $2::integer, $3::uuid, $4::text, $5::smallint, $6::text::jsonb, $7::text::jsonb,
  $8::text[], $9::text, $10::text)`

interface TruncateRow {
  readonly outcome: 'truncated' | 'missing' | 'erased' | 'archived' | 'sealed' | 'behind'
  readonly entry: number | null
  readonly behind: ReadonlyArray<string> | null
}

const entry = (schema: string): string => `
select subject as "streamId", ${epoch('recorded_at')} as "truncatedAt", operator as by, detail->>'why' as why,
       (detail->>'upTo')::integer as "upTo"
from ${schema}.audit
where sequence = $1::bigint`

/** Replacing the beginnings of streams by summaries: see truncate_stream in migrations/0001_reprise.sql. */
export const truncating = (
  { quoted, read, write }: OperatedSchema,
  onForgotten: () => void,
): Pick<Operator, 'truncateStream'> => ({
  truncateStream: (wanted) => {
    const problem = truncatingProblem(wanted)
    if (problem !== undefined) return TE.left(problem)
    const { streamId, upTo, by, why } = wanted
    const { id, type, schemaVersion, data, metadata, tags = [] } = asBeginning(wanted.summary)
    const written = (sequence: number) =>
      pipe(
        read<Truncation>(entry(quoted), [sequence]),
        TE.flatMapEither(([truncation]) =>
          truncation === undefined
            ? E.left(storeFailed('CorruptRow', 'unknown', undefined, 'the audit has no such entry'))
            : E.right(truncation),
        ),
      )
    return pipe(
      write<TruncateRow>(truncate(quoted), [
        ...[streamId, upTo, id, type, schemaVersion],
        ...[JSON.stringify(data), JSON.stringify(metadata), tags, by, why],
      ]),
      TE.flatMap(([row]): ReturnType<Operator['truncateStream']> => {
        switch (row?.outcome) {
          case 'truncated':
            onForgotten()
            return written(row.entry ?? 0)
          case 'erased':
            return TE.left(streamErased(streamId))
          case 'archived':
            return TE.left(isArchived(streamId))
          case 'sealed':
            return TE.left(isSealed(streamId))
          case 'behind':
            return TE.left(subscriptionsBehind(streamId, row.behind ?? []))
          case 'missing':
          case undefined:
            return TE.left(noSuchVersion(streamId, upTo))
        }
      }),
    )
  },
})
