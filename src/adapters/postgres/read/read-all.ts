import * as E from 'fp-ts/Either'
import { CompiledQuery } from 'kysely'
import type { StoreFailed } from '../../../core/errors/store'
import type { EventStore, StorePage, StoreRange } from '../../../core/ports/event-store'
import type { StoredEvent } from '../../../core/recorded-event'
import type { Position } from '../../../core/stream'
import { toStoreFailed } from '../connection/errors'
import { countable } from './stored-events'
import type { Tables } from '../connection/tables'

/** Names that the database can be asked for; nothing was ever stored under another one. */
const askable = (names: ReadonlyArray<string> | undefined): ReadonlyArray<string> | null =>
  names?.filter((name) => !name.includes('\u0000')) ?? null

/**
 * How long a horizon is used, in milliseconds. Nothing at or below it can ever appear any more; but a
 * database that is restored from a backup draws its positions once more.
 */
const LASTING = 1_000

/** The horizon that was seen last, as long as it is young. */
const lately = () => {
  let horizon: Position = 0
  let seenAt = -Infinity
  return {
    get: (): Position => (performance.now() - seenAt < LASTING ? horizon : 0),
    set: (seen: Position): void => {
      horizon = seen
      seenAt = performance.now()
    },
  }
}

/**
 * A page of the whole store, never past the horizon. While a reader is far behind, the horizon need not be
 * asked for with every page: a plain query reads on to the one that is known.
 */
export const readAll = ({ db, statements }: Tables): EventStore['readAll'] => {
  const known = lately()

  const rowsOf = async (
    statement: string,
    { after, limit, categories, types }: StoreRange,
    ...more: ReadonlyArray<unknown>
  ): Promise<StoredEvent[]> => {
    const parameters = [after, limit, askable(categories), askable(types), ...more]
    const { rows } = await db.executeQuery<StoredEvent>(CompiledQuery.raw(statement, parameters))
    return rows
  }

  /** @param before - what was read before it, of the same page. */
  const upToHorizon = async (
    range: StoreRange,
    before: ReadonlyArray<StoredEvent>,
  ): Promise<StorePage> => {
    // The first row is the horizon, and no event.
    const [horizonRow, ...rows] = await rowsOf(statements.readAll, range)
    const horizon = horizonRow?.position ?? 0
    known.set(horizon)
    const last = rows.length === range.limit ? rows.at(-1)?.position : undefined
    return {
      events: before.length === 0 ? rows : [...before, ...rows],
      upTo: last ?? Math.max(range.after, horizon),
      more: last !== undefined,
    }
  }

  const page = async (range: StoreRange): Promise<StorePage> => {
    const horizon = known.get()
    if (horizon <= range.after) return upToHorizon(range, [])
    const events = await rowsOf(statements.readBelow, range, horizon)
    const last = events.at(-1)
    return events.length < range.limit || last === undefined
      ? upToHorizon({ ...range, after: horizon, limit: range.limit - events.length }, events)
      : { events, upTo: last.position, more: true }
  }

  return (range) => async (): Promise<E.Either<StoreFailed, StorePage>> => {
    try {
      const found = await page(range)
      const events = countable(found.events)
      return E.isLeft(events) ? events : E.right(found)
    } catch (error) {
      known.set(0) // who knows what server answers next
      return E.left(toStoreFailed('reading')(error))
    }
  }
}
