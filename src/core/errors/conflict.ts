import type { ExpectedVersion } from '../expected-version'
import type { StreamId, StreamVersion } from '../stream'

/** The stream is not at the expected version. Nothing was written. */
export interface VersionConflict {
  readonly _tag: 'VersionConflict'
  readonly streamId: StreamId
  readonly expected: ExpectedVersion
  readonly actual: StreamVersion
  /** How often the command was decided. 1 or more. */
  readonly attempts: number
  readonly message: string
}
export const versionConflict = (
  streamId: StreamId,
  expected: ExpectedVersion,
  actual: StreamVersion,
  attempts = 1,
): VersionConflict => ({
  _tag: 'VersionConflict',
  streamId,
  expected,
  actual,
  attempts,
  message:
    `${streamId} is at version ${actual}; the expected version was ${expected} ` +
    `(${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}). Nothing was written.`,
})

/** A command with this id was handled before. Nothing was written now. */
export interface CommandAlreadyHandled {
  readonly _tag: 'CommandAlreadyHandled'
  readonly streamId: StreamId
  readonly commandId: string
  /** The version before its events. */
  readonly after: StreamVersion
  /** How many events it produced. */
  readonly eventCount: number
  readonly message: string
}
export const commandAlreadyHandled = (
  streamId: StreamId,
  commandId: string,
  after: StreamVersion,
  eventCount: number,
): CommandAlreadyHandled => ({
  _tag: 'CommandAlreadyHandled',
  streamId,
  commandId,
  after,
  eventCount,
  message: `${streamId} has already handled command ${commandId} (${eventCount} events after version ${after}).`,
})
