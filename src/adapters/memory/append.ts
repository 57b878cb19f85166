import type { Appended, AppendRequest } from '../../core/append'
import type { AppendTogetherRequest } from '../../core/append-together'
import { type StreamClosed, streamClosed } from '../../core/errors/closed'
import {
  type BoundaryConflict,
  boundaryConflict,
  type CommandAlreadyHandled,
  commandAlreadyHandled,
  type VersionConflict,
  versionConflict,
  type VersionConflicts,
  versionConflicts,
} from '../../core/errors/conflict'
import { type StreamErased, streamErased } from '../../core/errors/erased'
import type { StoreFailed } from '../../core/errors/store'
import { versionFits } from '../../core/expected-version'
import type { StoredEvent } from '../../core/recorded-event'
import { frozenEvent } from './frozen'
import { type MemoryLog, streamOf, streamToWrite } from './log'
import { addTags, incompleteIn } from './tag-index'
import { matchingPositions } from './matching'

const NO_COMMANDS: AppendRequest['commands'] = []

/** A copy of the request that later changes by the caller do not affect. */
export const taken = ({
  streamId,
  expectedVersion,
  events,
  commands,
}: AppendRequest): AppendRequest => ({
  streamId,
  expectedVersion,
  events: events.map(frozenEvent),
  commands: commands.length === 0 ? NO_COMMANDS : commands.map((command) => ({ ...command })),
})

/**
 * Why the log rejects `request`, or `undefined`. A command that was handled before is reported first: when it is
 * sent again it usually meets a newer version too, but that is not the cause.
 */
export const rejectionOf = (
  log: MemoryLog,
  request: AppendRequest,
): CommandAlreadyHandled | VersionConflict | StreamErased | StreamClosed | undefined => {
  const { streamId, expectedVersion, commands } = request
  if (log.erasures.has(streamId)) return streamErased(streamId)
  const { events, handled, closure } = streamOf(log, streamId)
  for (const { commandId } of commands) {
    const before = handled.get(commandId)
    if (before !== undefined) {
      return commandAlreadyHandled(streamId, commandId, before)
    }
  }
  if (closure !== undefined) return streamClosed(streamId)
  return versionFits(expectedVersion, events.length)
    ? undefined
    : versionConflict(streamId, expectedVersion, events.length)
}

const conditionRejection = (
  log: MemoryLog,
  condition: AppendTogetherRequest['condition'],
): BoundaryConflict | StoreFailed | undefined => {
  if (condition === undefined) return undefined
  const { query, sight } = condition
  const incomplete = incompleteIn(log.tags)
  if (incomplete !== undefined) return incomplete
  const found = matchingPositions(log, query, sight.after)
  const isOfNow = sight.after === 0 || (sight.rebuilds ?? 0) === log.tags.rebuilds
  return isOfNow && sight.after <= log.events.length && found.length === sight.count
    ? undefined
    : boundaryConflict(query, isOfNow ? (found.at(-1) ?? 0) : 0)
}

/**
 * The same for an append to several streams: a command that was handled before, every stream that does not fit, or a
 * condition that does not hold.
 */
export const rejectionOfAll = (
  log: MemoryLog,
  { streams: requests, condition }: AppendTogetherRequest,
):
  | CommandAlreadyHandled
  | StreamErased
  | StreamClosed
  | VersionConflicts
  | BoundaryConflict
  | StoreFailed
  | undefined => {
  const conflicts: VersionConflict[] = []
  for (const request of requests) {
    const rejection = rejectionOf(log, request)
    if (rejection === undefined) continue
    if (rejection._tag !== 'VersionConflict') return rejection
    conflicts.push(rejection)
  }
  return conflicts.length === 0
    ? conditionRejection(log, condition)
    : versionConflicts(
        conflicts.map(({ streamId, expected, actual }) => ({ streamId, expected, actual })),
      )
}

/**
 * The events as they would be recorded now. Changes nothing.
 *
 * @param skip - how many events are recorded before them in one go.
 */
export const recorded = (
  log: MemoryLog,
  { streamId, events }: AppendRequest,
  now: number,
  skip = 0,
): ReadonlyArray<StoredEvent> => {
  const version = streamOf(log, streamId).events.length
  const recordedAt = Math.max(now, log.recordedAt)
  return events.map(({ id, type, schemaVersion, data, metadata }, index) =>
    Object.freeze({
      id,
      type,
      schemaVersion,
      data,
      metadata,
      streamId,
      version: version + index + 1,
      position: log.events.length + skip + index + 1,
      recordedAt,
    }),
  )
}

/** Stores the result of {@link recorded}. Must follow {@link rejectionOf} without anything in between. */
export const commit = (
  log: MemoryLog,
  { streamId, commands, events: given }: AppendRequest,
  events: ReadonlyArray<StoredEvent>,
  now: number,
): Appended => {
  const isWritten = events.length > 0 || commands.length > 0
  const stream = isWritten ? streamToWrite(log, streamId) : streamOf(log, streamId)
  const before = stream.events.length
  for (const { commandId, skip, ...mark } of commands) {
    stream.handled.set(commandId, Object.freeze({ after: before + skip, ...mark }))
  }
  // No `entries()`: it makes a list for every event.
  for (let index = 0; index < events.length; index++) {
    const event = events[index]
    if (event === undefined) continue
    stream.events.push(event)
    log.events.push(event)
    addTags(log.tags, event.position, given[index]?.tags)
  }
  log.recordedAt = Math.max(now, log.recordedAt)
  return {
    version: stream.events.length,
    positions: events.map(({ position }) => position),
    recordedAt: log.recordedAt,
  }
}
