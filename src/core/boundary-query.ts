import { propertyOf } from './owns'
import { MAXIMUM_POSITION, type Position } from './stream'
import { MOST_TAGS, tagProblem } from './tags'

/** Events that have all of these tags and, if types are given, one of the types. */
export interface QueryItem {
  /**
   * All of them. 1 to 32. Put the one that the fewest events have first: a condition locks it, and events are looked up
   * by it.
   */
  readonly tags: readonly [string, ...string[]]
  /** Any of them. Omitted: all types. */
  readonly types?: ReadonlyArray<string>
}

/** Which events a decision across streams depends on: those that match any of 1 to 1,000 items. */
export type BoundaryQuery = readonly [QueryItem, ...QueryItem[]]

/**
 * What was seen of the events that match a query: all of them up to `after`, and `count` above it. It belongs to its
 * query. `{ after: 0, count: 0 }`: there were none.
 */
export interface Sight {
  /** 0 or more. */
  readonly after: Position
  /** 0 or more. */
  readonly count: number
  /**
   * How many rebuilds of tags had begun when it was read: after another one a condition on it does not hold, unless its
   * `after` is 0. 0 or more. Omitted: 0.
   */
  readonly rebuilds?: number
}

/** What must still be true when something is appended: nothing that matches has come since `sight`. */
export interface AppendCondition {
  readonly query: BoundaryQuery
  /** From `readMatching`, or from the append before. */
  readonly sight: Sight
}

const MOST_ITEMS = 1_000

const itemProblem = (item: unknown): string | undefined => {
  const [tags, types = []] = [propertyOf(item, 'tags'), propertyOf(item, 'types')]
  if (!Array.isArray(tags) || tags.length === 0) return 'an item of the query has no tag'
  if (tags.length > MOST_TAGS) {
    return `an item of the query has ${tags.length} tags; the limit is ${MOST_TAGS}`
  }
  for (const tag of tags) {
    const problem = tagProblem(tag)
    if (problem !== undefined) return problem
  }
  return !Array.isArray(types) || types.some((type) => tagProblem(type) !== undefined)
    ? 'a type in the query must have 1 to 255 characters and no NUL'
    : undefined
}

/**
 * Why a query is not valid, in words, or `undefined`. Takes anything: a value that throws when it is read is no query
 * either. A store answers it with {@link invalidQuery}. Never throws.
 *
 * @example
 * queryProblem([]) // 'the query has no item'
 */
export const queryProblem = (query: unknown): string | undefined =>
  readable('the query', () => problemIn(query))

/** What is wrong with something of the caller's, whose getters may throw. */
const readable = (name: string, look: () => string | undefined): string | undefined => {
  try {
    return look()
  } catch {
    return `${name} cannot be read`
  }
}

const problemIn = (query: unknown): string | undefined => {
  if (!Array.isArray(query) || query.length === 0) return 'the query has no item'
  if (query.length > MOST_ITEMS) {
    return `the query has ${query.length} items; the limit is ${MOST_ITEMS}`
  }
  for (const item of query) {
    const problem = itemProblem(item)
    if (problem !== undefined) return problem
  }
  return undefined
}

const isNatural = (number: unknown): boolean =>
  typeof number === 'number' &&
  Number.isInteger(number) &&
  number >= 0 &&
  number <= MAXIMUM_POSITION

/**
 * Makes a {@link Sight}; without `rebuilds` if there was none, so that equal sights are equal records.
 *
 * @param count - how many of the matching events are above `after`. 0 or more.
 * @param rebuilds - how many rebuilds of tags had begun when it was read. 0 or more.
 *
 * @example
 * sightOf(31, 0, 0) // { after: 31, count: 0 }
 */
export const sightOf = (after: Position, count: number, rebuilds: number): Sight => ({
  after,
  count,
  ...(rebuilds === 0 ? {} : { rebuilds }),
})

/**
 * The `rebuilds` of a sight that continues another one. It keeps those of the earlier sight: what that has seen may lack
 * what a rebuild has tagged since. From the very beginning nothing was seen before, so it has those of now.
 *
 * @param before - the sight that is continued. `undefined`: none.
 * @param rebuilds - how many rebuilds of tags have begun by now. 0 or more.
 *
 * @example
 * rebuildsOf({ after: 12, count: 1, rebuilds: 2 }, 3) // 2
 */
export const rebuildsOf = (before: Sight | undefined, rebuilds: number): number =>
  before === undefined || before.after === 0 ? rebuilds : (before.rebuilds ?? 0)

/**
 * Why a value is not a valid {@link Sight}, in words, or `undefined`.
 *
 * @example
 * sightProblem({ after: -1, count: 0 }) // 'the numbers of a sight must be integers, 0 or more'
 */
export const sightProblem = (sight: unknown): string | undefined =>
  readable('the sight', () =>
    isNatural(propertyOf(sight, 'after')) &&
    isNatural(propertyOf(sight, 'count')) &&
    isNatural(propertyOf(sight, 'rebuilds') ?? 0)
      ? undefined
      : 'the numbers of a sight must be integers, 0 or more',
  )

/** Why a condition is not valid, in words, or `undefined`. */
export const conditionProblem = (condition: unknown): string | undefined =>
  readable(
    'the condition',
    () =>
      queryProblem(propertyOf(condition, 'query')) ?? sightProblem(propertyOf(condition, 'sight')),
  )

/** A copy of a valid query that later changes by the caller do not affect. */
export const queryCopy = ([first, ...others]: BoundaryQuery): BoundaryQuery => {
  const itemCopy = ({ tags: [tag, ...more], types }: QueryItem): QueryItem => ({
    tags: [tag, ...more],
    ...(types === undefined ? {} : { types: [...types] }),
  })
  return [itemCopy(first), ...others.map(itemCopy)]
}

/** The same for a condition. */
export const conditionCopy = ({ query, sight }: AppendCondition): AppendCondition => ({
  query: queryCopy(query),
  sight: sightOf(sight.after, sight.count, sight.rebuilds ?? 0),
})

/**
 * Whether an event of this type with these tags is one of those that the query asks for.
 *
 * @example
 * const query: BoundaryQuery = [{ tags: ['course:math'], types: ['SeatTaken'] }]
 * matches(query, 'SeatTaken', ['course:math', 'student:ada']) // true
 */
export const matches = (
  query: BoundaryQuery,
  type: string,
  tags: ReadonlyArray<string> = [],
): boolean =>
  query.some(
    (item) => item.tags.every((tag) => tags.includes(tag)) && (item.types?.includes(type) ?? true),
  )
