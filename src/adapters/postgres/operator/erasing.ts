import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type Erasure, erasingProblem, nothingToErase } from '../../../core/operator/erasure'
import type { Operator } from '../../../core/ports/operator'
import { eventsOf, milliseconds } from '../schema/names'
import type { OperatedSchema } from './operated-schema'

/** What was erased, and erasing: see erase_stream in migrations/0001_reprise.sql. */
export const erasing = ({
  quoted,
  read,
  write,
}: OperatedSchema): Pick<Operator, 'erase' | 'erasures'> => {
  const columns = `stream_id as "streamId", ${milliseconds('erased_at')} as "erasedAt", erased_by as by,
    reason as why, events`
  const written = (streamId: string) =>
    read<Erasure>(`select ${columns} from ${quoted}.erasures where stream_id = $1::text`, [streamId])
  return {
    erase: (erasing) => {
      const problem = erasingProblem(erasing)
      if (problem !== undefined) return TE.left(problem)
      const { streamId, by, why, documents = [] } = erasing
      return pipe(
        write(
          `select ${quoted}.erase_stream($1::text, $2::text, $3::text, $4::text[], $5::text[], ${eventsOf(quoted)})`,
          [
            streamId,
            by,
            why,
            documents.map(({ collection }) => collection),
            documents.map(({ key }) => key),
          ],
        ),
        TE.flatMap(() => written(streamId)),
        TE.flatMapEither(([erasure]) =>
          erasure === undefined ? E.left(nothingToErase(streamId)) : E.right(erasure),
        ),
      )
    },
    erasures: ({ after, limit }) =>
      read<Erasure>(
        `select ${columns} from ${quoted}.erasures where stream_id > $1::text order by stream_id limit $2::integer`,
        [after.split('\u0000')[0], limit],
      ),
  }
}
