import {
  type Appended,
  type AppendRequest,
  measureAppend,
  type RequestError,
  tagCountProblem,
} from './append'
import { type AppendCondition, conditionProblem, type Sight, sightOf } from './boundary-query'
import { limitExceeded } from './errors/event'
import { invalidAppend } from './errors/invalid'
import type { Limits } from './limits'

/** The events and commands to add to several streams: all of them, or none. */
export interface AppendTogetherRequest {
  /**
   * 1 to 1,000, each of another stream. One with neither events nor commands adds nothing: its stream must be at
   * `expectedVersion` all the same.
   */
  readonly streams: ReadonlyArray<AppendRequest>
  /** Omitted: the expected versions are all that must be true. */
  readonly condition?: AppendCondition
}

/** The result of an append to several streams. */
export interface AppendedTogether {
  /** One for each stream of the request, in its order. Without events: no positions. */
  readonly streams: ReadonlyArray<Appended>
  /** With a condition: what has been seen of its query now, the events of this append included. */
  readonly sight?: Sight
}

/**
 * What has been seen of the query of a condition that held, once the append is stored: everything up to its last event.
 * Without events it is what had been seen before.
 *
 * @example
 * const condition: AppendCondition = { query: [{ tags: ['course:math'] }], sight: sightOf(12, 1, 0) }
 * sightAfter(condition, [{ version: 1, positions: [31], recordedAt: 0 }]) // { after: 31, count: 0 }
 */
export const sightAfter = ({ sight }: AppendCondition, streams: ReadonlyArray<Appended>): Sight => {
  let last = 0
  for (const { positions } of streams) last = Math.max(last, positions.at(-1) ?? 0)
  return last === 0 ? sight : sightOf(last, 0, sight.rebuilds ?? 0)
}

/** How many streams one append may name. */
const MOST_STREAMS = 1_000

/**
 * Why a store must reject `request` before it does anything, or `undefined`: the errors of {@link appendError} for each
 * stream, and `InvalidAppend` for no stream, for more than 1,000, for one that is named twice, and for a condition that
 * is not valid. The limits hold for all streams together.
 *
 * @example
 * const appendTogether: BoundaryStore['appendTogether'] = (request) => {
 *   const error = appendTogetherError(request, defaultLimits)
 *   return error === undefined ? insertAll(request) : TE.left(error)
 * }
 */
export const appendTogetherError = (
  { streams, condition }: AppendTogetherRequest,
  limits: Limits,
): RequestError | undefined => {
  const [first] = streams
  if (first === undefined) return invalidAppend('', 'it names no stream')
  if (streams.length > MOST_STREAMS) {
    const reason = `it names ${streams.length} streams; the limit is ${MOST_STREAMS}`
    return invalidAppend(first.streamId, reason)
  }
  const problem = condition === undefined ? undefined : conditionProblem(condition)
  if (problem !== undefined) return invalidAppend(first.streamId, problem)
  const named = new Set<string>()
  let events = 0
  let total = 0
  for (const request of streams) {
    const { streamId } = request
    const size = measureAppend(request, limits)
    if (typeof size !== 'number') return size
    if (named.has(streamId)) return invalidAppend(streamId, 'it names the stream twice')
    named.add(streamId)
    events += request.events.length
    total += size
    if (events > limits.eventsPerAppend) {
      return limitExceeded(streamId, 'eventsPerAppend', limits.eventsPerAppend, events)
    }
    if (total > limits.appendSize) {
      return limitExceeded(streamId, 'appendSize', limits.appendSize, total)
    }
  }
  const tooMany = tagCountProblem(
    streams.flatMap((request) => request.events),
    condition?.query.flatMap(({ tags }) => tags),
  )
  return tooMany === undefined ? undefined : invalidAppend(first.streamId, tooMany)
}
