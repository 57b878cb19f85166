import type { Appended, AppendRequest } from '../../core/append'
import { commandAlreadyHandled, versionConflict } from '../../core/errors/conflict'
import type { AppendError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import type { StoredEvent } from '../../core/recorded-event'
import { frozenEvent } from './frozen'
import { type MemoryLog, streamOf, streamToWrite } from './log'

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
  commands: commands.map((command) => ({ ...command })),
})

/**
 * Why the log rejects `request`, or `undefined`. A command that was handled before is reported first: when it is
 * sent again it usually meets a newer version too, but that is not the cause.
 */
export const rejectionOf = (log: MemoryLog, request: AppendRequest): AppendError | undefined => {
  const { streamId, expectedVersion, commands } = request
  const { events, handled } = streamOf(log, streamId)
  for (const { commandId } of commands) {
    const before = handled.get(commandId)
    if (before !== undefined) {
      return commandAlreadyHandled(streamId, commandId, before)
    }
  }
  return versionFits(expectedVersion, events.length)
    ? undefined
    : versionConflict(streamId, expectedVersion, events.length)
}

/** The events as they would be recorded now. Changes nothing. */
export const recorded = (
  log: MemoryLog,
  { streamId, events }: AppendRequest,
  now: number,
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
      position: log.events.length + index + 1,
      recordedAt,
    }),
  )
}

/** Stores the result of {@link recorded}. Must follow {@link rejectionOf} without anything in between. */
export const commit = (
  log: MemoryLog,
  { streamId, commands }: AppendRequest,
  events: ReadonlyArray<StoredEvent>,
  now: number,
): Appended => {
  const stream = streamToWrite(log, streamId)
  const before = stream.events.length
  for (const { commandId, skip, ...mark } of commands) {
    stream.handled.set(commandId, Object.freeze({ after: before + skip, ...mark }))
  }
  for (const event of events) {
    stream.events.push(event)
    log.events.push(event)
  }
  log.recordedAt = Math.max(now, log.recordedAt)
  return {
    version: stream.events.length,
    positions: events.map(({ position }) => position),
    recordedAt: log.recordedAt,
  }
}
