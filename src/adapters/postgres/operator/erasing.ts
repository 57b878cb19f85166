import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type Erasure, erasingProblem, nothingToErase } from '../../../core/operator/erasure'
import type { Operator } from '../../../core/ports/operator'
import { eventsOf } from '../schema/names'
import { epoch, type OperatedSchema } from './operated-schema'

const erased = (schema: string): string =>
  `select ${schema}.erase_stream($1::text, $2::text, $3::text, $4::text[], $5::text[], ${eventsOf(schema)})::double precision as sequence`

// detail->'events' is a number of the function's own.
const entry = (schema: string): string => `
select subject as "streamId", ${epoch('recorded_at')} as "erasedAt", operator as by, detail->>'why' as why,
       (detail->>'events')::integer as events, detail->>'file' as file,
       (detail->>'start')::double precision as start, (detail->>'length')::double precision as length
from ${schema}.audit
where sequence = $1::bigint`

interface EntryRow extends Omit<Erasure, 'place'> {
  readonly file: string | null
  readonly start: number
  readonly length: number
}

const toErasure = ({ file, start, length, ...erasure }: EntryRow): Erasure =>
  file === null ? erasure : { ...erasure, place: { file, start, length } }

/** Erasing streams: see erase_stream in migrations/0001_reprise.sql. */
export const erasing = (
  { quoted, read, write }: OperatedSchema,
  onForgotten: () => void,
): Pick<Operator, 'erase'> => ({
  erase: (wanted) => {
    const problem = erasingProblem(wanted)
    if (problem !== undefined) return TE.left(problem)
    const { streamId, by, why, documents = [] } = wanted
    return pipe(
      write<{ readonly sequence: number | null }>(erased(quoted), [
        streamId,
        by,
        why,
        documents.map(({ collection }) => collection),
        documents.map(({ key }) => key),
      ]),
      TE.tapIO(() => onForgotten),
      TE.flatMap(([row]) => read<EntryRow>(entry(quoted), [row?.sequence ?? 0])),
      TE.flatMapEither(([erasure]) =>
        erasure === undefined ? E.left(nothingToErase(streamId)) : E.right(toErasure(erasure)),
      ),
    )
  },
})
