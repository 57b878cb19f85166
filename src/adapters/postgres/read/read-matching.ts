import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  queryProblem,
  type QueryItem,
  rebuildsOf,
  type Sight,
  sightOf,
  sightProblem,
} from '../../../core/boundary-query'
import { invalidQuery } from '../../../core/errors/invalid'
import type { ReadMatchingError } from '../../../core/errors/unions'
import type { BoundaryStore, MatchingPage } from '../../../core/ports/boundary-store'
import type { StoredEvent } from '../../../core/recorded-event'
import type { Position } from '../../../core/stream'
import { performance } from '../../../platform/node'
import { toStoreFailed } from '../connection/errors'
import { named, type Executor, fetchRows } from '../connection/query'
import { eventsOf, quoteIdentifier } from '../schema/names'
import { checkPositions, eventColumns } from './stored-events'

/** The first row says what was seen, and is no event; the events come in any order: see migrations/0001_reprise.sql. */
const readMatching = (schema: string): string => `
select ${eventColumns}, "position", recorded_at as "recordedAt"
from ${schema}.read_matching($1::bigint, $2::bigint, $3::integer, $4::text[], $5::text[], $6::text[],
  ${eventsOf(schema)})`

const textArray = (texts: ReadonlyArray<string>): string =>
  `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`

/** The items of a query as the function `matching` takes them. */
export const itemColumns = (
  query: ReadonlyArray<QueryItem>,
): readonly [
  tags: ReadonlyArray<string>,
  rests: ReadonlyArray<string>,
  types: ReadonlyArray<string | null>,
] => [
  query.map(({ tags: [first] }) => first),
  query.map(({ tags: [first, ...rest] }) =>
    textArray([...new Set(rest)].filter((tag) => tag !== first)),
  ),
  query.map(({ types }) => (types === undefined ? null : textArray(types))),
]

/** The first row. */
interface SeenRow extends Pick<StoredEvent, 'position'> {
  readonly version: null
  readonly data: { readonly horizon: Position; readonly more: boolean; readonly rebuilds: number }
}

const isSeen = (row: StoredEvent | SeenRow): row is SeenRow => row.version === null

const toPage = (
  rows: ReadonlyArray<StoredEvent | SeenRow>,
  before: Sight | undefined,
): MatchingPage => {
  const events: StoredEvent[] = []
  let [after, count, more, rebuilds] = [0, 0, false, 0]
  for (const row of rows) {
    if (isSeen(row)) {
      after = row.position
      more = row.data.more
      rebuilds = row.data.rebuilds
    } else {
      events.push(row)
      if (row.position > after) count += 1
    }
  }
  events.sort((one, other) => one.position - other.position)
  return { events, sight: sightOf(after, count, rebuildsOf(before, rebuilds)), more }
}

/**
 * How long a horizon is used, in milliseconds. An older one is as right, but more would have to be counted above it; and
 * after a restore from a backup there may be none so high.
 */
const HORIZON_LIFETIME = 1_000

/** What matches a query, with the newest events: what lies above the horizon is counted. */
export const readMatchingFrom = (schema: string) => {
  const statement = named('read_matching', readMatching(quoteIdentifier(schema)))
  return (db: Executor): BoundaryStore['readMatching'] => {
    let [known, seenAt] = [0, -Infinity]
    return (query, { sight, limit }) => {
      const problem = queryProblem(query) ?? (sight && sightProblem(sight))
      if (problem !== undefined) return TE.left(invalidQuery(problem))
      const items = itemColumns(query)
      return async (): Promise<E.Either<ReadMatchingError, MatchingPage>> => {
        const now = performance.now()
        const horizon = now - seenAt < HORIZON_LIFETIME ? known : null
        try {
          const parameters = [sight?.after ?? 0, horizon, limit, ...items]
          const rows = await fetchRows<StoredEvent | SeenRow>(db, statement, parameters)
          const seen = rows.find(isSeen)
          if (horizon === null && seen !== undefined) {
            known = seen.data.horizon
            seenAt = now
          }
          const page = toPage(rows, sight)
          const events = checkPositions(page.events)
          return E.isLeft(events) ? events : E.right(page)
        } catch (error) {
          seenAt = -Infinity // the next connection may reach a different server
          return E.left(toStoreFailed('none')(error))
        }
      }
    }
  }
}
