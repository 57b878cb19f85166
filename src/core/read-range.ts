import { textIssue } from './json'
import type { StoreRange } from './ports/event-source'
import type { BackwardsRange, StreamRange } from './ports/event-store'
import { MAXIMUM_VERSION } from './stream'

/** The latest time that a `Date` holds, in milliseconds since 1970-01-01 UTC. */
const LATEST_TIME = 8_640_000_000_000_000

const limitProblem = (limit: number): string | undefined =>
  Number.isSafeInteger(limit) && limit >= 1
    ? undefined
    : `limit must be an integer, 1 or more; got ${limit}`

const versionProblem = (name: string, version: number | undefined): string | undefined =>
  version === undefined || (Number.isSafeInteger(version) && version >= 0)
    ? undefined
    : `${name} must be an integer, 0 or more; got ${version}`

const timeProblem = (name: string, time: number | undefined): string | undefined =>
  time === undefined || (time >= 0 && time <= LATEST_TIME)
    ? undefined
    : `${name} must be milliseconds since 1970-01-01 UTC, from 0 to ${LATEST_TIME}; got ${time}`

/**
 * Why a page of a stream cannot be read, in words, or `undefined`. Every adapter calls it first, and answers it with
 * {@link invalidQuery}.
 *
 * @example
 * streamRangeProblem({ after: 0, limit: 0 }) // 'limit must be an integer, 1 or more; got 0'
 */
export const streamRangeProblem = ({ limit, upTo }: StreamRange): string | undefined =>
  limitProblem(limit) ?? versionProblem('upTo', upTo)

/**
 * The same as {@link streamRangeProblem}, for a page that is read backwards.
 *
 * @example
 * backwardsRangeProblem({ before: 12, limit: 100 }) // undefined
 */
export const backwardsRangeProblem = ({ limit, before }: BackwardsRange): string | undefined =>
  limitProblem(limit) ?? versionProblem('before', before)

/**
 * The same as {@link streamRangeProblem}, for a page of the whole store.
 *
 * @example
 * storeRangeProblem({ after: 0, limit: 100, recordedFrom: 0 }) // undefined
 */
export const storeRangeProblem = (range: StoreRange): string | undefined => {
  const { limit, correlationId, recordedFrom, recordedBefore } = range
  const problem =
    limitProblem(limit) ??
    timeProblem('recordedFrom', recordedFrom) ??
    timeProblem('recordedBefore', recordedBefore)
  if (problem !== undefined) return problem
  if (correlationId !== undefined && !isText(correlationId)) {
    return 'correlationId must be a text that is not empty, without a NUL'
  }
  return recordedFrom !== undefined && recordedBefore !== undefined && recordedFrom > recordedBefore
    ? 'recordedFrom is later than recordedBefore'
    : undefined
}

const isText = (given: unknown): boolean =>
  typeof given === 'string' && given !== '' && textIssue(given) === undefined

/**
 * The version of the last event that a page of a stream may have: `upTo`, or {@link MAXIMUM_VERSION}.
 *
 * @example
 * lastVersion({ upTo: 3 }) // 3
 */
export const lastVersion = ({ upTo = MAXIMUM_VERSION }: Pick<StreamRange, 'upTo'>): number =>
  Math.min(upTo, MAXIMUM_VERSION)

/**
 * The version below which a page that is read backwards begins: `before`, or one above {@link MAXIMUM_VERSION}.
 *
 * @example
 * firstVersionAbove({ before: 12 }) // 12
 */
export const firstVersionAbove = ({
  before = MAXIMUM_VERSION + 1,
}: Pick<BackwardsRange, 'before'>): number => Math.min(before, MAXIMUM_VERSION + 1)
