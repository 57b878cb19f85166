import { invalidOperation, type InvalidOperation } from '../errors/operator'
import { MAXIMUM_VERSION, streamIdError, type StreamId, type StreamVersion } from '../stream'
import { actionProblem } from './audit'
import { reasonProblem } from './erasure'

/** What to close, and what is written down about it. */
export interface Closing {
  readonly streamId: StreamId
  /** Who has decided it. 1 to 255 characters, none of them a control character. */
  readonly by: string
  /** Why. 1 to 2,000 characters. It is kept for ever: name no person. */
  readonly why: string
  /**
   * Closes it only at this version: that of the last event, say, which a command has just appended. 1 or more. Omitted: at
   * whatever version it is.
   */
  readonly at?: StreamVersion
}

/** A closure, as it is written down in the audit: action `close`, the stream's id as its subject. */
export interface Closure {
  readonly streamId: StreamId
  /** Milliseconds since 1970-01-01 UTC, by the store's clock. */
  readonly closedAt: number
  readonly by: string
  readonly why: string
  /** The version that the stream keeps. 1 or more. */
  readonly version: StreamVersion
}

/**
 * Why nothing can be closed with this, or `undefined`. Every store calls it first.
 *
 * @example
 * closingProblem({ streamId: 'account-A1', by: 'grace', why: '' })?._tag // 'InvalidOperation'
 */
export const closingProblem = ({
  streamId,
  by,
  why,
  at = 1,
}: Closing): InvalidOperation | undefined => {
  const wrong = streamIdError(streamId)
  if (wrong !== undefined) return invalidOperation('stream', `is not valid: ${wrong.reason}`)
  if (!Number.isSafeInteger(at) || at < 1 || at > MAXIMUM_VERSION) {
    return invalidOperation('version', `must be a whole number, 1 or more; got ${at}`)
  }
  return (
    actionProblem({ operator: by, action: 'close', subject: streamId, detail: {} }) ??
    reasonProblem(why)
  )
}

/**
 * The stream was never written to: there is nothing to close.
 *
 * @example
 * nothingToClose('account-A1').message // 'The stream account-A1 has no events. Nothing was changed.'
 */
export const nothingToClose = (streamId: StreamId): InvalidOperation =>
  invalidOperation('stream', `${streamId} has no events`)
