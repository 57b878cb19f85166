import type { BoundaryQuery } from '../boundary-query'
import type { ExpectedVersion } from '../expected-version'
import type { CommandRecord } from '../ports/event-store'
import type { Position, StreamId, StreamVersion } from '../stream'

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
/**
 * The error {@link VersionConflict}, for an append to a stream that is not where its writer expects it.
 *
 * @param actual - the version that the stream is at.
 * @param attempts - how often the command was decided. 1 or more; default 1.
 *
 * @example
 * TE.left(versionConflict('account-A1', 3, 4))
 */
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

/** A stream that is not where an append to several streams expects it. */
export interface StreamConflict {
  readonly streamId: StreamId
  readonly expected: ExpectedVersion
  readonly actual: StreamVersion
}

/** Some of the streams are not at their expected versions. Nothing was written, to none of them. */
export interface VersionConflicts {
  readonly _tag: 'VersionConflicts'
  /** Every stream that is not where it was expected, in the order of the request. One or more. */
  readonly streams: ReadonlyArray<StreamConflict>
  /** How often the commands were decided. 1 or more. */
  readonly attempts: number
  readonly message: string
}

const MOST_NAMED = 10

/**
 * The error {@link VersionConflicts}, for an append to several streams.
 *
 * @param streams - those that are not where they were expected, in the order of the request. One or more.
 * @param attempts - how often the commands were decided. 1 or more; default 1.
 *
 * @example
 * TE.left(versionConflicts([{ streamId: 'account-A1', expected: 3, actual: 4 }]))
 */
export const versionConflicts = (
  streams: ReadonlyArray<StreamConflict>,
  attempts = 1,
): VersionConflicts => {
  const named = streams
    .slice(0, MOST_NAMED)
    .map(
      ({ streamId, expected, actual }) =>
        `${streamId} is at version ${actual}; the expected version was ${expected}`,
    )
  const more = streams.length > MOST_NAMED ? [`and ${streams.length - MOST_NAMED} more`] : []
  return {
    _tag: 'VersionConflicts',
    streams,
    attempts,
    message:
      `${[...named, ...more].join('; ')} ` +
      `(${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}). Nothing was written.`,
  }
}

/** The events that match the query of a condition are not those that were seen. Nothing was written. */
export interface BoundaryConflict {
  readonly _tag: 'BoundaryConflict'
  readonly query: BoundaryQuery
  /**
   * The newest matching event above the position up to which all had been seen. 0: there is none (any more), as after a
   * restore from a backup.
   */
  readonly position: Position
  /** How often it was decided. 1 or more. */
  readonly attempts: number
  readonly message: string
}
/**
 * The error {@link BoundaryConflict}, for an append on a condition that does not hold.
 *
 * @param position - of the newest matching event that was not seen. 0: events that were seen are missing.
 * @param attempts - how often it was decided. 1 or more; default 1.
 *
 * @example
 * TE.left(boundaryConflict([{ tags: ['course:math'] }], 31))
 */
export const boundaryConflict = (
  query: BoundaryQuery,
  position: Position,
  attempts = 1,
): BoundaryConflict => {
  const tags = [...new Set(query.flatMap((item) => item.tags))]
  const more = tags.length > MOST_NAMED ? ` and ${tags.length - MOST_NAMED} more` : ''
  return {
    _tag: 'BoundaryConflict',
    query,
    position,
    attempts,
    message:
      `What was decided on has changed: of the events tagged ${tags.slice(0, MOST_NAMED).join(', ')}${more} ` +
      (position === 0
        ? 'some that were seen are missing'
        : `the newest is now at position ${position}`) +
      ` (${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}). Nothing was written.`,
  }
}

/** A command with this id was handled before. Nothing was written now. */
export interface CommandAlreadyHandled extends CommandRecord {
  readonly _tag: 'CommandAlreadyHandled'
  readonly streamId: StreamId
  readonly commandId: string
  readonly message: string
}
/**
 * The error {@link CommandAlreadyHandled}, for an append with a command that the stream has a record of.
 *
 * @param handled - that record: what the command has done.
 *
 * @example
 * TE.left(commandAlreadyHandled('account-A1', 'c-17', { after: 3, eventCount: 1 }))
 */
export const commandAlreadyHandled = (
  streamId: StreamId,
  commandId: string,
  handled: CommandRecord,
): CommandAlreadyHandled => ({
  _tag: 'CommandAlreadyHandled',
  streamId,
  commandId,
  ...handled,
  message: `${streamId} has already handled command ${commandId} (${handled.eventCount} events after version ${handled.after}).`,
})

/** Another command was handled here under this id. Nothing was written now. */
export interface CommandIdReused {
  readonly _tag: 'CommandIdReused'
  readonly streamId: StreamId
  readonly commandId: string
  readonly message: string
}
export const commandIdReused = (streamId: StreamId, commandId: string): CommandIdReused => ({
  _tag: 'CommandIdReused',
  streamId,
  commandId,
  message: `${streamId} has handled another command under the id ${commandId}. Nothing was written.`,
})
