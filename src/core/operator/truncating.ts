import { appendError } from '../append'
import { invalidOperation, type InvalidOperation } from '../errors/operator'
import { defaultLimits } from '../limits'
import type { NewEvent } from '../recorded-event'
import { MAXIMUM_VERSION, streamIdError, type StreamId, type StreamVersion } from '../stream'
import { actionProblem } from './audit'
import { reasonProblem } from './erasure'

/** What of a stream is replaced by a summary, and what is written down about it. */
export interface Truncating {
  readonly streamId: StreamId
  /** The events up to this version, included, are replaced by the summary. 1 or more. */
  readonly upTo: StreamVersion
  /** The new beginning: what these events have come to. It must make the state that they made, from the initial one. */
  readonly summary: NewEvent
  /** Who has decided it. 1 to 255 characters, none of them a control character. */
  readonly by: string
  /** Why. 1 to 2,000 characters. It is kept for ever: name no person. */
  readonly why: string
}

/** A truncation, as it is written down in the audit: action `truncate`, the stream's id as its subject. */
export interface Truncation {
  readonly streamId: StreamId
  /** Milliseconds since 1970-01-01 UTC, by the store's clock. */
  readonly truncatedAt: number
  readonly by: string
  readonly why: string
  /** The version of the summary, which is the first event of the stream. */
  readonly upTo: StreamVersion
}

/**
 * Why nothing can be truncated with this, or `undefined`. Every store calls it first.
 *
 * @example
 * const event = { type: 'BalanceCarried', schemaVersion: 1, data: { balance: 500 }, metadata: {} }
 * const summary = { id: '0190a000-0000-7000-8000-000000000001', ...event }
 * truncatingProblem({ streamId: 'account-A1', upTo: 0, summary, by: 'grace', why: 'old' })?._tag // 'InvalidOperation'
 */
export const truncatingProblem = ({
  streamId,
  upTo,
  summary,
  by,
  why,
}: Truncating): InvalidOperation | undefined => {
  const wrong = streamIdError(streamId)
  if (wrong !== undefined) return invalidOperation('stream', `is not valid: ${wrong.reason}`)
  if (!Number.isSafeInteger(upTo) || upTo < 1 || upTo > MAXIMUM_VERSION) {
    return invalidOperation('version', `must be a whole number, 1 or more; got ${upTo}`)
  }
  const request = { streamId, expectedVersion: upTo - 1, events: [summary], commands: [] }
  const unstorable = appendError(request, defaultLimits)
  if (unstorable !== undefined) {
    return invalidOperation('summary', `cannot be stored: ${unstorable.message}`)
  }
  return (
    actionProblem({ operator: by, action: 'truncate', subject: streamId, detail: {} }) ??
    reasonProblem(why)
  )
}

/**
 * The event as it is stored: it says that the stream begins with it.
 *
 * @example
 * const summary = { type: 'BalanceCarried', schemaVersion: 1, data: { balance: 500 }, metadata: {} }
 * asBeginning({ id: '0190a000-0000-7000-8000-000000000001', ...summary }).metadata.beginning // true
 */
export const asBeginning = (summary: NewEvent): NewEvent => ({
  ...summary,
  metadata: { ...summary.metadata, beginning: true },
})

/**
 * There is no event of that version.
 *
 * @example
 * noSuchVersion('account-A1', 7).message // 'The stream account-A1 has no event of version 7. Nothing was changed.'
 */
export const noSuchVersion = (streamId: StreamId, version: StreamVersion): InvalidOperation =>
  invalidOperation('stream', `${streamId} has no event of version ${version}`)

/**
 * It is in the archive, where nothing is changed.
 *
 * @example
 * isArchived('account-A1')._tag // 'InvalidOperation'
 */
export const isArchived = (streamId: StreamId): InvalidOperation =>
  invalidOperation('stream', `${streamId} is in the archive`)

/**
 * It is in a hash chain, which would be broken.
 *
 * @example
 * isSealed('account-A1')._tag // 'InvalidOperation'
 */
export const isSealed = (streamId: StreamId): InvalidOperation =>
  invalidOperation('stream', `${streamId} is sealed by a hash chain, which would be broken`)
