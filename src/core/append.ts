import { type InvalidAppend, invalidAppend, type InvalidStreamId } from './errors/invalid'
import {
  type LimitExceeded,
  limitExceeded,
  unencodableEvent,
  type UnencodableEvent,
} from './errors/event'
import { type ExpectedVersion, expectedVersionProblem } from './expected-version'
import { isRecord, measureJson, textIssue } from './json'
import type { Limits } from './limits'
import type { NewEvent } from './recorded-event'
import { type Position, type StreamId, streamIdError, type StreamVersion } from './stream'
import { MOST_TAGS_PER_APPEND, tagsProblem } from './tags'
import { isUuid } from './uuid'

/** A command that is recorded with an append, so that it is never handled twice on this stream. */
export interface CommandMark {
  /** 1 to 255 characters, unique among the commands of the stream. */
  readonly commandId: string
  /** How many events of the append precede this command's. 0 or more. */
  readonly skip: number
  /** How many events the command produced. 0: the decision was to do nothing. */
  readonly eventCount: number
  /**
   * Says which command it was, so that the same id with another command is noticed. 1 to 255 characters. Left
   * out: the command has none, and is compared with nothing.
   */
  readonly fingerprint?: string | undefined
}

/** The events and commands to add to one stream: all of them, or none. */
export interface AppendRequest {
  readonly streamId: StreamId
  readonly expectedVersion: ExpectedVersion
  /** Oldest first. May be empty only if there are commands to record. */
  readonly events: ReadonlyArray<NewEvent>
  readonly commands: ReadonlyArray<CommandMark>
}

/** The result of an append. */
export interface Appended {
  /** The stream's version after the append. */
  readonly version: StreamVersion
  /** One per event, increasing. */
  readonly positions: ReadonlyArray<Position>
  /**
   * By the store's clock, and never before that of the event before in the stream, although the clock is set back; the
   * same for all events of the append. Milliseconds since 1970-01-01 UTC.
   */
  readonly recordedAt: number
}

interface MayBeTagged {
  readonly tags?: ReadonlyArray<string> | undefined
}

/** Whether an append has tags: something besides its streams must be stored and locked for it. */
export const isTagged = ({ events }: { readonly events: ReadonlyArray<MayBeTagged> }): boolean =>
  events.some(({ tags }) => tags !== undefined)

/** Why a request is rejected before anything is done. */
export type RequestError = InvalidStreamId | InvalidAppend | UnencodableEvent | LimitExceeded

const MAXIMUM_NAME = 255
const MAXIMUM_SCHEMA_VERSION = 32_767

const isName = (text: unknown): boolean =>
  typeof text === 'string' &&
  text.length > 0 &&
  text.length <= MAXIMUM_NAME &&
  textIssue(text) === undefined

const markProblem = (mark: CommandMark, events: number): string | undefined => {
  if (!isName(mark.commandId)) return `a command id must have 1 to ${MAXIMUM_NAME} characters`
  if (mark.fingerprint !== undefined && !isName(mark.fingerprint)) {
    return `the fingerprint of a command must have 1 to ${MAXIMUM_NAME} characters`
  }
  const whole = Number.isInteger(mark.skip) && Number.isInteger(mark.eventCount)
  const fits = mark.skip >= 0 && mark.eventCount >= 0 && mark.skip + mark.eventCount <= events
  return whole && fits
    ? undefined
    : `the command ${mark.commandId} refers to events that are not in the append`
}

const problemOf = ({ events, commands, expectedVersion }: AppendRequest): string | undefined => {
  const wrongVersion = expectedVersionProblem(expectedVersion)
  if (wrongVersion !== undefined) return wrongVersion
  for (const mark of commands) {
    const problem = markProblem(mark, events.length)
    if (problem !== undefined) return problem
  }
  if (commands.length < 2) return undefined
  return new Set(commands.map(({ commandId }) => commandId)).size < commands.length
    ? 'two of its commands have the same command id'
    : undefined
}

type EventKind = Pick<NewEvent, 'type' | 'schemaVersion' | 'tags'>

const kindProblem = ({ type, schemaVersion, tags }: EventKind): string | undefined => {
  if (!isName(type)) return `its type must have 1 to ${MAXIMUM_NAME} characters and no NUL`
  const known = Number.isInteger(schemaVersion) && schemaVersion >= 1
  if (!known || schemaVersion > MAXIMUM_SCHEMA_VERSION) {
    return `its schema version must be an integer from 1 to ${MAXIMUM_SCHEMA_VERSION}`
  }
  return tags === undefined ? undefined : tagsProblem(tags)
}

const eventProblem = (event: NewEvent): string | undefined =>
  isUuid(event.id) ? kindProblem(event) : 'its id is not a UUID'

/** The size of an event, or why it must be rejected. */
const eventSize = (
  streamId: StreamId,
  event: NewEvent,
  index: number,
  limits: Limits,
): RequestError | number => {
  const problem = eventProblem(event)
  if (problem !== undefined) return invalidAppend(streamId, `event ${index}: ${problem}`)
  const data = measureJson(event.data)
  if (typeof data !== 'number') return unencodableEvent(streamId, index, event.type, [data])
  const metadata = measureJson(event.metadata)
  if (typeof metadata !== 'number') return unencodableEvent(streamId, index, event.type, [metadata])
  if (!isRecord(event.data) || !isRecord(event.metadata)) {
    const issue = { path: '', message: 'its data and metadata must be objects' }
    return unencodableEvent(streamId, index, event.type, [issue])
  }
  const size = data + metadata
  return size > limits.eventSize
    ? limitExceeded(streamId, 'eventSize', limits.eventSize, size)
    : size
}

/** Why a store must reject an event whose id and JSON were checked, whatever its size, or `undefined`. */
export const checkedEventError = (
  streamId: StreamId,
  event: EventKind,
): InvalidStreamId | InvalidAppend | undefined => {
  const problem = kindProblem(event)
  return (
    streamIdError(streamId) ??
    (problem === undefined ? undefined : invalidAppend(streamId, `event 0: ${problem}`))
  )
}

/** Why these events, of one append, have too many tags, or `undefined`. */
export const tagCountProblem = (
  events: ReadonlyArray<NewEvent>,
  others: ReadonlyArray<string> = [],
): string | undefined => {
  let tags: Set<string> | undefined
  for (const event of events) {
    if (event.tags === undefined) continue
    tags ??= new Set(others)
    for (const tag of event.tags) tags.add(tag)
  }
  const count = tags?.size ?? 0
  return count > MOST_TAGS_PER_APPEND
    ? `it names ${count} tags; the limit is ${MOST_TAGS_PER_APPEND}`
    : undefined
}

/** How large the events of an append are together, or why a store must reject it: see {@link appendError}. */
export const measureAppend = (request: AppendRequest, limits: Limits): RequestError | number => {
  const { streamId, events } = request
  const wrongStream = streamIdError(streamId)
  if (wrongStream !== undefined) return wrongStream
  const problem = problemOf(request)
  if (problem !== undefined) return invalidAppend(streamId, problem)
  if (events.length > limits.eventsPerAppend) {
    return limitExceeded(streamId, 'eventsPerAppend', limits.eventsPerAppend, events.length)
  }
  let index = 0
  let total = 0
  for (const event of events) {
    const size = eventSize(streamId, event, index, limits)
    if (typeof size !== 'number') return size
    total += size
    index += 1
  }
  return total > limits.appendSize
    ? limitExceeded(streamId, 'appendSize', limits.appendSize, total)
    : total
}

/**
 * Why a store must reject `request` before it does anything, or `undefined`. Every adapter calls it first, so that all
 * adapters reject the same requests.
 *
 * - `InvalidStreamId`: see {@link streamIdError}.
 * - `InvalidAppend`: the expected version, a command mark, or the id, type, schema version or tags of an event is not
 *   valid; two marks have one command id; there are neither events nor commands.
 * - `UnencodableEvent`: the data or metadata of an event is not a record of storable JSON.
 * - `LimitExceeded`: it has more events than `limits` allow, or larger ones.
 *
 * @example
 * const append: StreamStore['append'] = (request) => {
 *   const error = appendError(request, defaultLimits)
 *   return error === undefined ? insert(request) : TE.left(error)
 * }
 */
export const appendError = (request: AppendRequest, limits: Limits): RequestError | undefined => {
  const size = measureAppend(request, limits)
  if (typeof size !== 'number') return size
  const problem = tagCountProblem(request.events)
  if (problem !== undefined) return invalidAppend(request.streamId, problem)
  return request.events.length === 0 && request.commands.length === 0
    ? invalidAppend(request.streamId, 'it has neither events nor commands')
    : undefined
}
