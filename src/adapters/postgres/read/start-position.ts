import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../../core/errors/store'
import type { EventLocator } from '../../../core/ports/event-locator'
import type { Position } from '../../../core/stream'
import { isStatementTimeout, toStoreFailed } from '../connection/errors'
import { type Executor, fetchRows, readRows } from '../connection/query'
import { eventsOf, quoteIdentifier } from '../schema/names'
import { positionWindow } from './position-window'

// Without a time: the horizon. Otherwise what comes before the first event that was recorded since.
const startPosition = (schema: string): string => `
select least(h.horizon, (
    select min(e.position) - 1 from ${schema}.events e
    where e.recorded_at >= to_timestamp($1::double precision / 1000)
  ))::double precision as "position"
from ${schema}.horizon(${eventsOf(schema)}) as h(horizon)`

// The first one among some positions that was recorded since a time. No row: there are no more events.
const among = (schema: string): string => `
select max(e.position)::double precision as last,
       min(e.position) filter (where e.recorded_at >= to_timestamp($3::double precision / 1000))
         ::double precision as found
from (
  select position, recorded_at from ${schema}.events
  where position > $1::bigint order by position limit $2::bigint
) e
having count(*) > 0`

interface Among {
  readonly last: Position
  readonly found: Position | null
}

/** Where a subscription begins: never after an event that may still appear. */
export const startPositionIn = (schema: string) => {
  const name = quoteIdentifier(schema)
  const statements = { startPosition: startPosition(name), among: among(name) }
  return (db: Executor): EventLocator['locate'] => {
    const find = (since: number | null): TE.TaskEither<StoreFailed, Position> =>
      pipe(
        readRows<{ readonly position: number }>(db, statements.startPosition, [since]),
        TE.map(([row]) => row?.position ?? 0),
      )

    /** Looks from the start on, at some events at a time: for a store that is too large for one statement. */
    const search = async (since: number): Promise<Position> => {
      const window = positionWindow('statement')
      let after = 0
      for (;;) {
        const [some] = await window.scan((size) =>
          fetchRows<Among>(db, statements.among, [after, size, since]),
        )
        if (some === undefined) return after
        if (some.found !== null) return some.found - 1
        after = some.last
      }
    }

    const findSince =
      (since: number): TE.TaskEither<StoreFailed, Position> =>
      async () => {
        const found = await find(since)()
        if (E.isRight(found) || !isStatementTimeout(found.left.cause)) return found
        const horizon = await find(null)()
        if (E.isLeft(horizon)) return horizon
        const searched = await TE.tryCatch(() => search(since), toStoreFailed('none'))()
        return E.isLeft(searched) ? searched : E.right(Math.min(horizon.right, searched.right))
      }

    return (start) => {
      switch (start._tag) {
        case 'Start':
          return TE.right(0)
        case 'After':
          return TE.right(start.position)
        case 'End':
          return find(null)
        case 'Since':
          return findSince(start.time)
      }
    }
  }
}
