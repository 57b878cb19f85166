import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { quoteIdentifier } from '../../adapters/postgres/schema/names'
import type { StoreFailed } from '../../core/errors/store'
import { partitionOf } from '../../core/partition'
import type { Position } from '../../core/stream'
import type { Session } from '../session'

/** What a partition has still to do. */
export interface Lag {
  /** Events that it has not come to. Those of streams that it holds back are not among them. */
  readonly events: number
  /** There are more of them: `events` is where counting ended. Otherwise it is exact. */
  readonly orMore: boolean
  /** How long ago the oldest of those that were counted was recorded. 0: there is none. */
  readonly seconds: number
}

/** Which events a partition reads, and how far it is. */
export interface Reading {
  readonly partition: number
  readonly partitions: number
  readonly position: Position
  readonly categories: ReadonlyArray<string> | null
  readonly types: ReadonlyArray<string> | null
}

interface LagRow {
  readonly stream_id: string | null
  readonly events: number
  readonly age: number
}

/** So many are counted, unless told otherwise. */
const MOST = 100_000

// Which stream is of which partition is known to the library only, so they are told apart if there are
// many.
const lagIn = (schema: string): string => `
select e.stream_id, count(*)::integer as events,
       extract(epoch from clock_timestamp() - min(e.recorded_at))::double precision as age
from (
  select case when $4::boolean then stream_id end as stream_id, recorded_at
  from ${quoteIdentifier(schema)}.events
  where position > $1::bigint
    and ($2::text[] is null or split_part(stream_id, '-', 1) = any($2))
    and ($3::text[] is null or type = any($3))
  order by position
  limit $5::integer
) e
group by e.stream_id`

/**
 * How far a partition is behind: whatever is committed counts, whether it is safe to read yet or not.
 *
 * @param most - where counting ends, for all partitions together.
 */
export const lagOf = (
  { query, schema }: Pick<Session, 'query' | 'schema'>,
  { partition, partitions, position, categories, types }: Reading,
  most = MOST,
): TE.TaskEither<StoreFailed, Lag> =>
  pipe(
    query<LagRow>(lagIn(schema), [position, categories, types, partitions > 1, most + 1]),
    TE.map((rows) => {
      const ours = rows.filter(
        ({ stream_id }) => stream_id === null || partitionOf(stream_id, partitions) === partition,
      )
      const sum = (some: ReadonlyArray<LagRow>) =>
        some.reduce((total, { events }) => total + events, 0)
      return {
        events: Math.min(sum(ours), most),
        orMore: sum(rows) > most,
        seconds: ours.reduce((oldest, { age }) => Math.max(oldest, age), 0),
      }
    }),
  )
