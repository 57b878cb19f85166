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

/** How far the store can be read, and what it is. */
type Visible = Pick<StorePage, 'highest' | 'lineage'> & { readonly horizon: Position }

/** The first row of a page: the horizon, and no event. See `read_all` in migrations/0001_events.sql. */
interface VisibleRow extends Pick<StoredEvent, 'position'> {
  readonly version: null
  readonly data: Pick<StorePage, 'highest' | 'lineage'>
}

/** What was visible at the last look, as long as that is young. */
const lately = () => {
  let visible: Visible | undefined
  let seenAt = -Infinity
  return {
    get: (): Visible | undefined => (performance.now() - seenAt < LASTING ? visible : undefined),
    set: (seen: Visible | undefined): void => {
      visible = seen
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

  const rowsOf = async <Row extends StoredEvent | VisibleRow>(
    statement: string,
    { after, limit, categories, types }: StoreRange,
    ...more: ReadonlyArray<unknown>
  ): Promise<Row[]> => {
    const parameters = [after, limit, askable(categories), askable(types), ...more]
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(statement, parameters))
    return rows
  }

  /** @param before - what was read before it, of the same page. */
  const upToHorizon = async (
    range: StoreRange,
    before: ReadonlyArray<StoredEvent>,
  ): Promise<StorePage> => {
    const all = await rowsOf<StoredEvent | VisibleRow>(statements.readAll, range)
    const rows: StoredEvent[] = []
    let seen: Visible = { horizon: 0, highest: 0, lineage: '' }
    for (const row of all) {
      if (row.version === null) seen = { ...row.data, horizon: row.position }
      else rows.push(row)
    }
    known.set(seen)
    const { horizon, highest, lineage } = seen
    const last = rows.length === range.limit ? rows.at(-1)?.position : undefined
    return {
      events: before.length === 0 ? rows : [...before, ...rows],
      upTo: last ?? Math.max(range.after, horizon),
      more: last !== undefined,
      highest,
      lineage,
    }
  }

  const page = async (range: StoreRange): Promise<StorePage> => {
    const visible = known.get()
    if (visible === undefined || visible.horizon <= range.after) return upToHorizon(range, [])
    const { horizon, highest, lineage } = visible
    const events = await rowsOf<StoredEvent>(statements.readBelow, range, horizon)
    const last = events.at(-1)
    if (events.length === range.limit && last !== undefined) {
      return { events, upTo: last.position, more: true, highest, lineage }
    }
    const rest = { ...range, after: horizon, limit: range.limit - events.length }
    const found = await upToHorizon(rest, events)
    return found.lineage === lineage ? found : upToHorizon(range, []) // restored in between
  }

  return (range) => async (): Promise<E.Either<StoreFailed, StorePage>> => {
    try {
      const found = await page(range)
      const events = countable(found.events)
      return E.isLeft(events) ? events : E.right(found)
    } catch (error) {
      known.set(undefined) // the next connection may reach a different server
      return E.left(toStoreFailed('reading')(error))
    }
  }
}
