import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { EventLocator } from '../../../core/ports/event-locator'
import { type Executor, readRows } from '../connection/query'
import { eventsOf, quoteIdentifier } from '../schema/names'

// Without a time: the horizon. Otherwise what comes before the first event that was recorded since.
const startPosition = (schema: string): string => `
select least(h.horizon, (
    select min(e.position) - 1 from ${schema}.events e
    where e.recorded_at >= to_timestamp($1::double precision / 1000)
  ))::double precision as "position"
from ${schema}.horizon(${eventsOf(schema)}) as h(horizon)`

/** Where a subscription begins: never after an event that may still appear. */
export const startPositionIn = (schema: string) => {
  const statement = startPosition(quoteIdentifier(schema))
  return (db: Executor): EventLocator['locate'] =>
    (start) => {
      const find = (since: number | null) =>
        pipe(
          readRows<{ readonly position: number }>(db, statement, [since]),
          TE.map(([row]) => row?.position ?? 0),
        )
      switch (start._tag) {
        case 'Start':
          return TE.right(0)
        case 'After':
          return TE.right(start.position)
        case 'End':
          return find(null)
        case 'Since':
          return find(start.time)
      }
    }
}
