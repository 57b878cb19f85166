import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { versionConflict } from '../../../core/errors/conflict'
import { streamErased } from '../../../core/errors/erased'
import { storeFailed } from '../../../core/errors/store'
import { closingProblem, type Closure, nothingToClose } from '../../../core/operator/closing'
import type { Operator } from '../../../core/ports/operator'
import { eventsOf } from '../schema/names'
import { epoch, type OperatedSchema } from './operated-schema'

const close = (schema: string): string => `
select outcome, version, entry::double precision as entry
from ${schema}.close_stream($1::text, $2::integer, $3::text, $4::text, ${eventsOf(schema)})`

interface CloseRow {
  readonly outcome: 'closed' | 'empty' | 'erased' | 'elsewhere'
  readonly version: number | null
  readonly entry: number | null
}

const entry = (schema: string): string => `
select subject as "streamId", ${epoch('recorded_at')} as "closedAt", operator as by, detail->>'why' as why,
       (detail->>'version')::integer as version
from ${schema}.audit
where sequence = $1::bigint`

/** Closing streams: see close_stream in migrations/0001_reprise.sql. */
export const closing = ({
  quoted,
  read,
  write,
}: OperatedSchema): Pick<Operator, 'closeStream'> => ({
  closeStream: (wanted) => {
    const problem = closingProblem(wanted)
    if (problem !== undefined) return TE.left(problem)
    const { streamId, by, why, at } = wanted
    const written = (sequence: number) =>
      pipe(
        read<Closure>(entry(quoted), [sequence]),
        TE.flatMapEither(([closure]) =>
          closure === undefined
            ? E.left(storeFailed('CorruptRow', 'unknown', undefined, 'the audit has no such entry'))
            : E.right(closure),
        ),
      )
    return pipe(
      write<CloseRow>(close(quoted), [streamId, at ?? null, by, why]),
      TE.flatMap(([row]): ReturnType<Operator['closeStream']> => {
        switch (row?.outcome) {
          case 'closed':
            return written(row.entry ?? 0)
          case 'erased':
            return TE.left(streamErased(streamId))
          case 'elsewhere':
            return TE.left(versionConflict(streamId, at ?? 0, row.version ?? 0))
          case 'empty':
          case undefined:
            return TE.left(nothingToClose(streamId))
        }
      }),
    )
  },
})
