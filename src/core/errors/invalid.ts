import { describeIssues, type Issue, preview } from '../issue'
import type { StreamId } from '../stream'

/** The command does not match its codec. Nothing was read. */
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

/** Not a valid stream id. Nothing was read. */
export interface InvalidStreamId {
  readonly _tag: 'InvalidStreamId'
  readonly streamId: StreamId
  readonly reason: string
  readonly message: string
}
/**
 * The error {@link InvalidStreamId}.
 *
 * @param reason - ends the sentence "account-A1 is not a valid stream id: ...", without a full stop.
 *
 * @example
 * invalidStreamId('account-', 'the id after the category is empty')
 */
export const invalidStreamId = (streamId: StreamId, reason: string): InvalidStreamId => ({
  _tag: 'InvalidStreamId',
  streamId,
  reason,
  message: `${preview(streamId)} is not a valid stream id: ${reason}.`,
})

/** The append is not valid: a defect of the caller, not of the data. Nothing was written. */
export interface InvalidAppend {
  readonly _tag: 'InvalidAppend'
  /** Empty: an append to several streams that names none. */
  readonly streamId: StreamId
  readonly reason: string
  readonly message: string
}
/**
 * The error {@link InvalidAppend}.
 *
 * @param streamId - empty: an append to several streams that names none.
 * @param reason - ends the sentence "The append to account-A1 is not valid: ...", without a full stop.
 *
 * @example
 * invalidAppend('account-A1', 'two of its commands have the same command id')
 */
export const invalidAppend = (streamId: StreamId, reason: string): InvalidAppend => ({
  _tag: 'InvalidAppend',
  streamId,
  reason,
  message: `The append${streamId === '' ? '' : ` to ${streamId}`} is not valid: ${reason}. Nothing was written.`,
})

/** The query is not valid: a defect of the caller, not of the data. Nothing was read. */
export interface InvalidQuery {
  readonly _tag: 'InvalidQuery'
  readonly reason: string
  readonly message: string
}
/**
 * The error {@link InvalidQuery}, for a range or a query that no store can read.
 *
 * @param reason - ends the sentence "The query is not valid: ...", without a full stop.
 *
 * @example
 * const problem = queryProblem([])
 * if (problem !== undefined) return E.left(invalidQuery(problem))
 */
export const invalidQuery = (reason: string): InvalidQuery => ({
  _tag: 'InvalidQuery',
  reason,
  message: `The query is not valid: ${reason}. Nothing was read.`,
})
