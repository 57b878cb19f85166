import type { Appended, AppendRequest } from '../../core/append'
import { commandAlreadyHandled, versionConflict } from '../../core/errors/conflict'
import type { AppendError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import type { StoredEvent } from '../../core/recorded-event'
import { frozenEvent } from './frozen'
import { type MemoryLog, streamOf, streamToWrite } from './log'

/** The request as it is now: whatever its owner does to it later, this stays. */
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
 * Why the log cannot take `request`, or `undefined`. A command that was carried out before is reported
 * first: sent again, it will usually meet a newer version too, and that is not news.
 */
export const refusal = (log: MemoryLog, request: AppendRequest): AppendError | undefined => {
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

/** The events as they would be recorded now. Nothing has happened yet. */
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

/** Keeps what {@link recorded} gave. Must follow {@link refusal} without anything in between. */
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
