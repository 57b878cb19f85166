import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { ok, warning } from '../../../../core/operator/finding'
import type { OperatedSchema } from '../operated-schema'
import type { Check } from './check'

interface PartitionsRow {
  /** 0: the events are in one table. */
  readonly partitions: number
  /** Of a move that has begun and not ended: to how many partitions, and how far it is. */
  readonly wanted: number | null
  readonly moved: number | null
  readonly goal: number | null
}

const found = (schema: string): string => `
select (select count(*) from pg_inherits where inhparent = $1::regclass)::integer as partitions,
       p.partitions as wanted, p.moved_to::double precision as moved, p.goal::double precision as goal
from (select) one left join ${schema}.partitioning p on true`

/** Whether a move of the events to partitions was left undone. */
export const partitions = ({ quoted, read }: OperatedSchema): Check => ({
  name: 'partitions',
  needs: 'tables',
  look: pipe(
    read<PartitionsRow>(found(quoted), [`${quoted}.events`]),
    TE.map(([row]) => {
      const { partitions: has = 0, wanted = null, moved = null, goal = null } = row ?? {}
      if (wanted !== null) {
        return warning(
          'partitions',
          `a move of the events to ${wanted} partitions is at position ${moved ?? 0} of ${goal ?? 0}`,
          `Unless it is running: npx reprise migrate --partition-by hash:${wanted}`,
        )
      }
      return ok(
        'partitions',
        has === 0 ? 'events are in one table' : `events are in ${has} partitions`,
      )
    }),
  ),
})
