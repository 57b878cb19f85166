import { describeIssues, type Issue } from '../issue'
import type { Position, StreamId, StreamVersion } from '../stream'

/** A stored event does not match its codec. It was not changed: fix the codec, or add an upcaster. */
export interface UndecodableEvent {
  readonly _tag: 'UndecodableEvent'
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly position: Position
  readonly type: string
  /** The version of the codec that has written it. 1 or more. */
  readonly schemaVersion: number
  readonly issues: ReadonlyArray<Issue>
  readonly message: string
}
export const undecodableEvent = (
  event: Omit<UndecodableEvent, '_tag' | 'issues' | 'message'>,
  issues: ReadonlyArray<Issue>,
): UndecodableEvent => ({
  _tag: 'UndecodableEvent',
  streamId: event.streamId,
  version: event.version,
  position: event.position,
  type: event.type,
  schemaVersion: event.schemaVersion,
  issues,
  message:
    `Event ${event.version} of ${event.streamId} (${event.type}, schema version ` +
    `${event.schemaVersion}, position ${event.position}) cannot be decoded: ${describeIssues(issues)}.`,
})

/** An event that `decide` returned cannot be stored. Nothing was written. */
export interface UnencodableEvent {
  readonly _tag: 'UnencodableEvent'
  readonly streamId: StreamId
  /** Which of the events, counted from 0. */
  readonly index: number
  readonly type: string
  readonly issues: ReadonlyArray<Issue>
  readonly message: string
}
/**
 * The error {@link UnencodableEvent}, for an event that is not storable JSON.
 *
 * @param index - which of the events of the append, counted from 0.
 *
 * @example
 * unencodableEvent('account-A1', 0, 'AccountOpened', [{ path: 'owner', message: 'undefined is not JSON' }])
 */
export const unencodableEvent = (
  streamId: StreamId,
  index: number,
  type: string,
  issues: ReadonlyArray<Issue>,
): UnencodableEvent => ({
  _tag: 'UnencodableEvent',
  streamId,
  index,
  type,
  issues,
  message: `Event ${index} (${type}) for ${streamId} cannot be stored: ${describeIssues(issues)}.`,
})

/** Which limit. `eventSize` and `appendSize` are measured by {@link jsonSize}. */
export type Limit = 'eventsPerAppend' | 'eventSize' | 'appendSize' | 'streamVersion'

/** The append exceeds a limit of the store. Nothing was written. */
export interface LimitExceeded {
  readonly _tag: 'LimitExceeded'
  readonly streamId: StreamId
  readonly limit: Limit
  /** The limit: events, the units of {@link jsonSize}, or the version of the stream. */
  readonly maximum: number
  /** How much there was, in the same unit. */
  readonly actual: number
  readonly message: string
}
/**
 * The error {@link LimitExceeded}, for an append that is larger than the store takes.
 *
 * @param maximum - the limit, in the unit of {@link Limits}.
 * @param actual - how much there was, in the same unit.
 *
 * @example
 * limitExceeded('account-A1', 'eventsPerAppend', 10_000, 10_001)
 */
export const limitExceeded = (
  streamId: StreamId,
  limit: Limit,
  maximum: number,
  actual: number,
): LimitExceeded => ({
  _tag: 'LimitExceeded',
  streamId,
  limit,
  maximum,
  actual,
  message: `The append to ${streamId} exceeds the limit ${limit}: ${actual}, the maximum is ${maximum}. Nothing was written.`,
})
