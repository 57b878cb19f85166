import type { StreamId } from '../stream'

/** The stream was closed: it takes no events any more, and can still be read. Nothing was written. */
export interface StreamClosed {
  readonly _tag: 'StreamClosed'
  readonly streamId: StreamId
  readonly message: string
}

/**
 * The error for an append to a stream that was closed.
 *
 * @example
 * streamClosed('account-A1')._tag // 'StreamClosed'
 */
export const streamClosed = (streamId: StreamId): StreamClosed => ({
  _tag: 'StreamClosed',
  streamId,
  message: `${streamId} was closed, and takes no events any more. Nothing was written.`,
})
