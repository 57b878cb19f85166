import type { AppendError } from './errors/unions'
import { invalidAppend } from './errors/invalid'
import { limitExceeded, unencodableEvent } from './errors/event'
import { type ExpectedVersion, expectedVersionProblem } from './expected-version'
import { measureJson, textIssue } from './json'
import type { Limits } from './limits'
import type { NewEvent } from './recorded-event'
import { type Position, type StreamId, streamIdError, type StreamVersion } from './stream'
import { isUuid } from './uuid'

/** A command to remember with an append, so that it is never carried out twice on this stream. */
export interface CommandMark {
  /** 1 to 255 characters, unique among the commands of the stream. */
  readonly commandId: string
  /** How many of the append's events came before this command's. */
  readonly skip: number
  /** How many events it gave. 0: the decision was to do nothing. */
  readonly eventCount: number
}

/** What is to be added to one stream: all of it, or nothing. */
export interface AppendRequest {
  readonly streamId: StreamId
  readonly expectedVersion: ExpectedVersion
  /** Oldest first. Empty only if there are commands to remember. */
  readonly events: ReadonlyArray<NewEvent>
  readonly commands: ReadonlyArray<CommandMark>
}

/** What an append has done. */
export interface Appended {
  /** The stream's version afterwards. */
  readonly version: StreamVersion
  /** One for each event, increasing. */
  readonly positions: ReadonlyArray<Position>
  /** The store's own time, shared by all events of the append. Milliseconds since 1970-01-01 UTC. */
  readonly recordedAt: number
}

const MAXIMUM_NAME = 255
const MAXIMUM_SCHEMA_VERSION = 32_767

const isName = (text: unknown): boolean =>
  typeof text === 'string' &&
  text.length > 0 &&
  text.length <= MAXIMUM_NAME &&
  textIssue(text) === undefined

const markProblem = (mark: CommandMark, events: number): string | undefined => {
  if (!isName(mark.commandId)) return `a command id must have 1 to ${MAXIMUM_NAME} characters`
  const whole = Number.isInteger(mark.skip) && Number.isInteger(mark.eventCount)
  const fits = mark.skip >= 0 && mark.eventCount >= 0 && mark.skip + mark.eventCount <= events
  return whole && fits ? undefined : `the command ${mark.commandId} marks events that are not there`
}

const problemOf = ({ events, commands, expectedVersion }: AppendRequest): string | undefined => {
  const wrongVersion = expectedVersionProblem(expectedVersion)
  if (wrongVersion !== undefined) return wrongVersion
  if (events.length === 0 && commands.length === 0) return 'there is nothing to append'
  for (const mark of commands) {
    const problem = markProblem(mark, events.length)
    if (problem !== undefined) return problem
  }
  if (commands.length < 2) return undefined
  return new Set(commands.map(({ commandId }) => commandId)).size < commands.length
    ? 'two of its commands have the same id'
    : undefined
}

const eventProblem = ({ id, type, schemaVersion }: NewEvent): string | undefined => {
  if (!isUuid(id)) return 'its id is not a UUID'
  if (!isName(type)) return `its type must have 1 to ${MAXIMUM_NAME} characters, and no NUL`
  const known = Number.isInteger(schemaVersion) && schemaVersion >= 1
  return known && schemaVersion <= MAXIMUM_SCHEMA_VERSION
    ? undefined
    : `its schema version must be an integer from 1 to ${MAXIMUM_SCHEMA_VERSION}`
}

const eventError = (
  streamId: StreamId,
  event: NewEvent,
  index: number,
  limits: Limits,
): AppendError | undefined => {
  const problem = eventProblem(event)
  if (problem !== undefined) return invalidAppend(streamId, `event ${index}: ${problem}`)
  const data = measureJson(event.data)
  if (typeof data !== 'number') return unencodableEvent(streamId, index, event.type, [data])
  const metadata = measureJson(event.metadata)
  if (typeof metadata !== 'number') return unencodableEvent(streamId, index, event.type, [metadata])
  const size = data + metadata
  return size > limits.eventSize
    ? limitExceeded(streamId, 'eventSize', limits.eventSize, size)
    : undefined
}

/**
 * Why a store must refuse `request` before it does anything, or `undefined`. Every adapter calls it at
 * its door, so that all of them refuse the same.
 */
export const appendError = (request: AppendRequest, limits: Limits): AppendError | undefined => {
  const { streamId, events } = request
  const wrongStream = streamIdError(streamId)
  if (wrongStream !== undefined) return wrongStream
  const problem = problemOf(request)
  if (problem !== undefined) return invalidAppend(streamId, problem)
  if (events.length > limits.eventsPerAppend) {
    return limitExceeded(streamId, 'eventsPerAppend', limits.eventsPerAppend, events.length)
  }
  let index = 0
  for (const event of events) {
    const error = eventError(streamId, event, index, limits)
    if (error !== undefined) return error
    index += 1
  }
  return undefined
}
