import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { EventLocator } from '../../../core/ports/event-locator'
import { rowsOf } from '../connection/query'
import type { Tables } from '../connection/tables'

/** Where a subscription begins. Never after something that may still appear. */
export const locate =
  ({ db, statements }: Tables): EventLocator['locate'] =>
  (start) => {
    const find = (since: number | null) =>
      pipe(
        rowsOf<{ readonly position: number }>(db, statements.locate, [since]),
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
