import { type Appended, type AppendRequest, measureAppend, type RequestError } from './append'
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
}

/** The result of an append to several streams. */
export interface AppendedTogether {
  /** One for each stream of the request, in its order. Without events: no positions. */
  readonly streams: ReadonlyArray<Appended>
}

/** How many streams one append may name. */
const MOST_STREAMS = 1_000

/**
 * Why a store must reject `request` before it does anything, or `undefined`: as `appendError` says of each stream, and
 * its limits hold for all of them together.
 */
export const appendTogetherError = (
  { streams }: AppendTogetherRequest,
  limits: Limits,
): RequestError | undefined => {
  const [first] = streams
  if (first === undefined) return invalidAppend('', 'it names no stream')
  if (streams.length > MOST_STREAMS) {
    const reason = `it names ${streams.length} streams; the limit is ${MOST_STREAMS}`
    return invalidAppend(first.streamId, reason)
  }
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
  return undefined
}
