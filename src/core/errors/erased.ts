import type { StreamId } from '../stream'

/** An operator has erased the stream. Nothing was written; its id is never used again. */
export interface StreamErased {
  readonly _tag: 'StreamErased'
  readonly streamId: StreamId
  readonly message: string
}

/**
 * The error for a stream that was erased.
 *
 * @example
 * streamErased('account-A1')._tag // 'StreamErased'
 */
export const streamErased = (streamId: StreamId): StreamErased => ({
  _tag: 'StreamErased',
  streamId,
  message: `${streamId} was erased, and cannot be written or read any more. Nothing was written.`,
})
