import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { StreamStore } from '../../../core/ports/event-store'
import { canBeginId } from '../../../core/stream'
import {
  named,
  type Executor,
  readRows,
  type TransactionScope,
  writeRows,
} from '../connection/query'
import { IS_EVENT, milliseconds, quoteIdentifier } from '../schema/names'

// Jumps from one stream to the next in the primary key's index: it costs what the page costs, however
// many events there are. $3 and $4 bound the ids of one category. $5 is a prefix: ids that begin with it follow one another,
// so the first that does not ends the search.
const streams = (schema: string): string => `
with recursive found as (
  (select stream_id from ${schema}.events
   where stream_id > $1::text and stream_id >= $3::text and stream_id >= $5::text
     and ($4::text is null or stream_id < $4::text)
   order by stream_id limit 1)
  union all
  select (select e.stream_id from ${schema}.events e
          where e.stream_id > f.stream_id and ($4::text is null or e.stream_id < $4::text)
          order by e.stream_id limit 1)
  from found f where f.stream_id is not null and starts_with(f.stream_id, $5::text)
)
select page.stream_id, page.version, ${milliseconds('page.recorded_at')} as recorded_at
from (
  select f.stream_id, e.version, e.recorded_at
  from found f
    cross join lateral (
      select version, recorded_at from ${schema}.events where stream_id = f.stream_id and ${IS_EVENT}
      order by version desc limit 1) e
  where starts_with(f.stream_id, $5::text)
  limit $2::integer
) page
order by page.stream_id`

interface StreamRow {
  readonly stream_id: string
  readonly version: number
  readonly recorded_at: number
}

/** Says that a category's tags are declared. */
export const declareTagsIn = (schema: string) => {
  const statement = `select ${quoteIdentifier(schema)}.declare_tags($1::text)`
  return (db: Executor, scope: TransactionScope): StreamStore['declareTags'] =>
    (category) =>
      pipe(
        writeRows(db, scope, statement, [category]),
        TE.map(() => undefined),
      )
}

/** A page of the streams, by the code points of their ids. */
export const streamsIn = (schema: string) => {
  const statement = named('streams', streams(quoteIdentifier(schema)))
  return (db: Executor): StreamStore['streams'] =>
    ({ after, limit, category, prefix = '' }) => {
      if (!canBeginId(prefix)) return TE.right([])
      // No stream id holds a NUL, so a place before one is the same place.
      const [start] = after.split('\u0000')
      // '.' is the character after '-': together they bound the ids of one category.
      const bounds = category === undefined ? ['', null] : [`${category}-`, `${category}.`]
      return pipe(
        readRows<StreamRow>(db, statement, [start, limit, ...bounds, prefix]),
        TE.map((rows) =>
          rows.map(({ stream_id, version, recorded_at }) => ({
            streamId: stream_id,
            version,
            recordedAt: recorded_at,
          })),
        ),
      )
    }
}
