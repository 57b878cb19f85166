import * as E from 'fp-ts/Either'
import { invalidQuery } from '../../../core/errors/invalid'
import type { ReadAllError } from '../../../core/errors/unions'
import type { EventSource, StorePage, StoreRange } from '../../../core/ports/event-source'
import { storeRangeProblem } from '../../../core/read-range'
import type { StoredEvent } from '../../../core/recorded-event'
import type { Position } from '../../../core/stream'
import { performance } from '../../../platform/node'
import { toStoreFailed } from '../connection/errors'
import { named, type Executor, fetchRows, type TransactionScope } from '../connection/query'
import { eventsOf, IS_EVENT, quoteIdentifier } from '../schema/names'
import { positionWindow } from './position-window'
import { positionsPerEvent } from './positions-per-event'
import { checkPositions, eventColumns, storedColumns, withoutNul } from './stored-events'

/** The first row is the horizon, and no event: see migrations/0001_reprise.sql. */
const toHorizon = (schema: string): string => `
select ${eventColumns}, "position", recorded_at as "recordedAt"
from ${schema}.read_all($1::bigint, $2::integer, $3::text[], $4::text[],
  $6::text[], $5::bigint, ${eventsOf(schema)})`

/** Refuses to read by tags that are not complete. */
const checkTags = (schema: string): string => `and (select ${schema}.check_tags($3))
`

/** Up to a horizon that is known: from the primary. A replica may be behind it, and does not have all events below. */
const below = (schema: string, from: string, tagged = false): string => `
select ${storedColumns}
from ${from}
where e.position > $1::bigint and e.position <= $5::bigint and ${IS_EVENT}
  and ($3::text[] is null or split_part(stream_id, '-', 1) = any($3))
  and ($4::text[] is null or type = any($4))
  and (select case when pg_is_in_recovery() then ${schema}.refuse_replica() else true end)
${tagged ? checkTags(schema) : ''}order by e.position
limit $2::integer`

/**
 * All events of a range of positions, in no order: to merge the indexes of all partitions takes longer than to sort the
 * rows here. The planner is not to know the bounds: by them it would plan every page again, which with 16 partitions takes
 * a millisecond. The limit is never reached; by it the plan is taken for a small one, whatever the number of events, and
 * the outer columns are computed in one place and not in each partition.
 */
const unordered = (schema: string): string => `
select ${storedColumns}
from (
  select * from ${schema}.events
  where position > (
      select $1::bigint where case when pg_is_in_recovery() then ${schema}.refuse_replica() else true end)
    and position <= (select $2::bigint)
  limit (select $2::bigint - $1::bigint)
) e
where ${IS_EVENT}`

/**
 * From this position on a store is read by a plan of its own. One that was made for some hundred events goes through the
 * whole of each partition, and a session keeps it until the server has analyzed them, which can be long after an import.
 */
const MANY = 100_000

/** The events with one of the tags. */
const tagged = (schema: string): string => `(
    select distinct t.position from ${schema}.event_tags t
    where t.tag = any($6::text[]) and t.position > $1::bigint and t.position <= $5::bigint
  ) m join ${schema}.events e using (position)`

/**
 * The same with a correlation id or times. Only the first 64 characters of a correlation id are indexed, so that none is
 * too long to be stored. Times are looked for among a bounded number of positions: see docs/adr/0078-reading-by-correlation-and-time.md.
 */
const searched = (schema: string, from: string): string => `
select ${storedColumns}
from ${from}
where e.position > $1::bigint and e.position <= $5::bigint and ${IS_EVENT}
  and ($3::text[] is null or split_part(stream_id, '-', 1) = any($3))
  and ($4::text[] is null or type = any($4))
  and ($6::text[] is null or exists (
    select from ${schema}.event_tags t where t.tag = any($6) and t.position = e.position))
  and ($7::text is null or metadata -> 'correlationId' = to_jsonb($7))
  and e.recorded_at >= to_timestamp($8::double precision / 1000)
  and e.recorded_at < to_timestamp($9::double precision / 1000)
  and (select case when pg_is_in_recovery() then ${schema}.refuse_replica() else true end)
and (select case when $6::text[] is not null then ${schema}.check_tags($3) else true end)
order by e.position
limit $2::integer`

/** The events that may have a correlation id. */
const correlated = (schema: string): string => `(
    select c.* from ${schema}.events c
    where c.metadata ? 'correlationId' and left(c.metadata ->> 'correlationId', 64) = left($7::text, 64)
  ) e`

const isSearch = ({ correlationId, recordedFrom, recordedBefore }: StoreRange): boolean =>
  correlationId !== undefined || recordedFrom !== undefined || recordedBefore !== undefined

const parametersOf = (
  { after, limit, categories, types }: StoreRange,
  end: number | null,
): ReadonlyArray<unknown> => [after, limit, withoutNul(categories), withoutNul(types), end]

/**
 * How long a horizon is used, in milliseconds. Nothing new can appear at or below it, unless the database is
 * restored from a backup: then positions are drawn again.
 */
const HORIZON_LIFETIME = 1_000

/** Which store it is, and how its events are kept. */
interface Layout extends Pick<StorePage, 'highest' | 'lineage'> {
  readonly partitioned: boolean
}

/** How far the store can be read, and which one it is. */
interface Visible extends Layout {
  readonly horizon: Position
}

/** The first row of {@link toHorizon}. */
interface VisibleRow extends Pick<StoredEvent, 'position'> {
  readonly version: null
  readonly data: Layout
}

const searchParameters = (range: StoreRange, end: Position): ReadonlyArray<unknown> => {
  const { tags, correlationId, recordedFrom = -Infinity, recordedBefore = Infinity } = range
  const times = [recordedFrom, recordedBefore]
  return [...parametersOf(range, end), withoutNul(tags), correlationId ?? null, ...times]
}

/** What was visible at the last look; `undefined` when that is too long ago. */
const horizonCache = () => {
  let visible: Visible | undefined
  let seenAt = -Infinity
  return {
    get: (): Visible | undefined =>
      performance.now() - seenAt < HORIZON_LIFETIME ? visible : undefined,
    set: (seen: Visible | undefined): void => {
      visible = seen
      seenAt = performance.now()
    },
  }
}

const split = (
  found: ReadonlyArray<StoredEvent | VisibleRow>,
): { readonly visible: Visible; readonly rows: ReadonlyArray<StoredEvent> } => {
  const rows: StoredEvent[] = []
  let visible: Visible = { horizon: 0, highest: 0, lineage: '', partitioned: false }
  for (const row of found) {
    if (row.version === null) visible = { ...row.data, horizon: row.position }
    else rows.push(row)
  }
  return { visible, rows }
}

const isFiltered = (range: StoreRange): boolean => {
  const { categories, types, tags } = range
  return categories !== undefined || types !== undefined || tags !== undefined || isSearch(range)
}

/** How long a page is looked for when there is little to be found, in milliseconds. Then an unfinished one is answered. */
const PAGE_TIME = 50

/** What one statement has found. */
interface Piece {
  readonly visible: Visible
  readonly rows: ReadonlyArray<StoredEvent>
  /** Up to where there are no others, unless there are as many as requested. */
  readonly upTo: Position
  /** Whether that is as far as the store can be read now. */
  readonly isLast: boolean
}

/**
 * A page of the whole store, never past the horizon. While a reader is far behind, the horizon need not be read with
 * every page: a plain query reads on to the one that is known.
 *
 * With a filter a statement looks at a number of positions, and a page at no more than fit into its time: so it may
 * hold few events, or none, although there are more.
 */
export const readAllFrom = (schema: string) => {
  const name = quoteIdentifier(schema)
  const statements = {
    toHorizon: named('read_all', toHorizon(name)),
    below: named('read_below', below(name, `${name}.events e`)),
    unorderedOfFew: named('read_unordered_of_few', unordered(name)),
    unordered: named('read_unordered', unordered(name)),
    belowTagged: named('read_below_tagged', below(name, tagged(name), true)),
    search: named('search', searched(name, `${name}.events e`)),
    searchCorrelated: named('search_correlated', searched(name, correlated(name))),
  }
  return (db: Executor, scope: TransactionScope): EventSource['readAll'] => {
    const known = horizonCache()
    const window = positionWindow(scope)
    const perEvent = positionsPerEvent()

    /** @param size - how many positions to look at. */
    const readToHorizon = async (range: StoreRange, size: number | null): Promise<Piece> => {
      const parameters = [...parametersOf(range, size), withoutNul(range.tags)]
      const { visible, rows } = split(
        await fetchRows<StoredEvent | VisibleRow>(db, statements.toHorizon, parameters),
      )
      known.set(visible)
      const upTo = Math.max(
        range.after,
        Math.min(visible.horizon, range.after + (size ?? Infinity)),
      )
      return { visible, rows, upTo, isLast: upTo >= visible.horizon }
    }

    const readBelow = async (
      range: StoreRange,
      size: number | null,
      visible: Visible,
    ): Promise<Piece> => {
      const upTo = Math.min(visible.horizon, range.after + (size ?? Infinity))
      const parameters = parametersOf(range, upTo)
      const rows = await (range.tags === undefined
        ? fetchRows<StoredEvent>(db, statements.below, parameters)
        : fetchRows<StoredEvent>(db, statements.belowTagged, [
            ...parameters,
            withoutNul(range.tags),
          ]))
      return { visible, rows, upTo, isLast: false }
    }

    /** The next events in partitions, without a filter. */
    const readPartitions = async (range: StoreRange, visible: Visible): Promise<Piece> => {
      const { after, limit } = range
      const size = perEvent.enough(limit)
      const piece =
        size === undefined
          ? await readBelow(range, null, visible)
          : await readUnordered(range, Math.min(visible.horizon, after + size), visible)
      const { rows, upTo } = piece
      const last = rows.length === limit ? rows.at(-1) : undefined
      perEvent.learn((last?.position ?? upTo) - after, rows.length)
      return piece
    }

    const readUnordered = async (
      { after, limit }: StoreRange,
      upTo: Position,
      visible: Visible,
    ): Promise<Piece> => {
      const statement = visible.horizon < MANY ? statements.unorderedOfFew : statements.unordered
      const found = await fetchRows<StoredEvent>(db, statement, [after, upTo])
      const rows = [...found].sort((one, other) => one.position - other.position).slice(0, limit)
      return { visible, rows, upTo, isLast: false }
    }

    /** By what else than their position, category, type and tags: below a horizon that is looked for before. */
    const search = async (range: StoreRange, size: number | null): Promise<Piece> => {
      const before = known.get()
      const isKnown = before !== undefined && before.horizon > range.after
      const horizonOnly = { after: range.after, limit: 0 }
      const visible = isKnown ? before : (await readToHorizon(horizonOnly, null)).visible
      const upTo = Math.max(
        range.after,
        Math.min(visible.horizon, range.after + (size ?? Infinity)),
      )
      const statement =
        range.correlationId === undefined ? statements.search : statements.searchCorrelated
      const rows = await fetchRows<StoredEvent>(db, statement, searchParameters(range, upTo))
      return { visible, rows, upTo, isLast: !isKnown && upTo >= visible.horizon }
    }

    /** The next events of a page, by one statement. */
    const readPiece = (range: StoreRange): Promise<Piece> => {
      const { correlationId } = range
      if (correlationId !== undefined) return search(range, null) // by its index
      if (isSearch(range)) return window.scan((size) => search(range, size))
      const visible = known.get()
      const look = (size: number | null): Promise<Piece> =>
        visible === undefined || visible.horizon <= range.after
          ? readToHorizon(range, size)
          : readBelow(range, size, visible)
      if (isFiltered(range)) return window.scan(look)
      return visible?.partitioned === true && visible.horizon > range.after
        ? readPartitions(range, visible)
        : look(null)
    }

    const readPage = async (range: StoreRange): Promise<StorePage> => {
      const end = isFiltered(range) ? performance.now() + PAGE_TIME : Infinity
      let [events, rest, lineage]: [ReadonlyArray<StoredEvent>, StoreRange, string?] = [[], range]
      for (;;) {
        const { visible, rows, upTo, isLast } = await readPiece(rest)
        const { highest } = visible
        lineage ??= visible.lineage
        if (lineage !== visible.lineage) {
          ;[events, rest, lineage] = [[], range, undefined] // restored in between
          continue
        }
        const last = rows.length === rest.limit ? rows.at(-1) : undefined
        events = events.length === 0 ? rows : [...events, ...rows]
        if (last !== undefined) {
          return { events, upTo: last.position, more: true, highest, lineage }
        }
        if (isLast || performance.now() > end) {
          return { events, upTo, more: !isLast, highest, lineage }
        }
        rest = { ...rest, after: upTo, limit: rest.limit - rows.length }
      }
    }

    return (range) => async (): Promise<E.Either<ReadAllError, StorePage>> => {
      const problem = storeRangeProblem(range)
      if (problem !== undefined) return E.left(invalidQuery(problem))
      try {
        const page = await readPage(range)
        const events = checkPositions(page.events)
        return E.isLeft(events) ? events : E.right(page)
      } catch (error) {
        known.set(undefined) // the next connection may reach a different server
        return E.left(toStoreFailed('none')(error))
      }
    }
  }
}
