import { type BoundaryQuery, matches, rebuildsOf, sightOf } from '../../core/boundary-query'
import type { MatchingPage, MatchingRange } from '../../core/ports/boundary-store'
import type { Position } from '../../core/stream'
import type { MemoryLog } from './log'
import { inOrder } from './reads'
import { positionsAbove, tagsAt } from './tag-index'

/** Where the events stand that match a query, above a position, ascending. */
export const matchingPositions = (
  log: MemoryLog,
  query: BoundaryQuery,
  after: Position,
): ReadonlyArray<Position> => {
  const found = new Set<Position>()
  for (const item of query) {
    for (const position of positionsAbove(log.tags, item.tags[0], after)) {
      const type = log.events[position - 1]?.type ?? ''
      if (matches([item], type, tagsAt(log.tags, position))) found.add(position)
    }
  }
  return [...found].sort((left, right) => left - right)
}

/** Nothing is ever on its way here: every event that is there can be seen, and every position is a horizon. */
export const matchingPage = (
  log: MemoryLog,
  query: BoundaryQuery,
  { sight, limit }: MatchingRange,
): MatchingPage => {
  const { after } = sight ?? { after: 0 }
  const found = matchingPositions(log, query, after)
  const positions = found.slice(0, limit)
  const more = found.length > limit
  const last = more ? (positions.at(-1) ?? after) : Math.max(after, log.events.length)
  return {
    events: positions.flatMap((position) => {
      const event = log.events[position - 1]
      return event === undefined ? [] : [inOrder(log, event)]
    }),
    sight: sightOf(last, 0, rebuildsOf(sight, log.tags.rebuilds)),
    more,
  }
}
