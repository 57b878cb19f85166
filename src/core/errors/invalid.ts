import { describeIssues, type Issue, preview } from '../issue'
import type { StreamId } from '../stream'

/** The command does not fit its codec. Nothing was read. */
export interface InvalidCommand {
  readonly _tag: 'InvalidCommand'
  readonly issues: ReadonlyArray<Issue>
  readonly message: string
}
export const invalidCommand = (issues: ReadonlyArray<Issue>): InvalidCommand => ({
  _tag: 'InvalidCommand',
  issues,
  message: `The command is not valid: ${describeIssues(issues)}.`,
})

/** This text cannot name a stream. Nothing was read. */
export interface InvalidStreamId {
  readonly _tag: 'InvalidStreamId'
  readonly streamId: StreamId
  readonly reason: string
  readonly message: string
}
export const invalidStreamId = (streamId: StreamId, reason: string): InvalidStreamId => ({
  _tag: 'InvalidStreamId',
  streamId,
  reason,
  message: `${preview(streamId)} cannot name a stream: ${reason}.`,
})

/** The append is not well formed: a defect of the caller, not of the data. Nothing was written. */
export interface InvalidAppend {
  readonly _tag: 'InvalidAppend'
  readonly streamId: StreamId
  readonly reason: string
  readonly message: string
}
export const invalidAppend = (streamId: StreamId, reason: string): InvalidAppend => ({
  _tag: 'InvalidAppend',
  streamId,
  reason,
  message: `The append to ${streamId} is not well formed: ${reason}. Nothing was written.`,
})
