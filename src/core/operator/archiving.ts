import {
  invalidOperation,
  type InvalidOperation,
  type SubscriptionsBehind,
} from '../errors/operator'
import type { StreamErased } from '../errors/erased'
import { streamIdError, type StreamId } from '../stream'
import { actionProblem } from './audit'
import type { Closure } from './closing'
import { reasonProblem } from './erasure'

/** Which closed streams. */
export interface ClosedStreamsRange {
  /** Only those that were closed later: the `sequence` of the last one of the page before. 0: from the first one. */
  readonly after: number
  /** Streams at most in this page. 1 or more. */
  readonly limit: number
  /** Only this category. Omitted: all. */
  readonly category?: string
  /** Only this stream, if it is closed. Omitted: all. */
  readonly streamId?: StreamId
  /** Only those that were closed before this time. Milliseconds since 1970-01-01 UTC. Omitted: all. */
  readonly closedBefore?: number
}

/** A closed stream that is not in the archive. */
export interface ClosedStream extends Closure {
  /** Its place in the order of closing. Increasing, with gaps; 1 or more. */
  readonly sequence: number
}

export interface ClosedStreamsPage {
  /** In the order in which they were closed. */
  readonly streams: ReadonlyArray<ClosedStream>
  /** Whether there are later ones. Exact. */
  readonly more: boolean
}

/** What to move to the archive, and what is written down about it. */
export interface Archiving {
  /** Each once; 1 to 1,000. */
  readonly streams: ReadonlyArray<StreamId>
  /** Who has decided it. 1 to 255 characters, none of them a control character. */
  readonly by: string
  /** Why. 1 to 2,000 characters. It is kept for ever: name no person. */
  readonly why: string
  /**
   * What to do with a stream whose events have tags: whoever reads by tags sees them no more, and may decide otherwise than
   * before. `refuse`: it is not archived. `leaveOut`: it is.
   */
  readonly tagged: 'refuse' | 'leaveOut'
}

/** A stream that is in the archive, as it is written down in the audit: action `archive`, the stream's id as its subject. */
export interface ArchivedStream {
  readonly streamId: StreamId
  /** Milliseconds since 1970-01-01 UTC, by the store's clock. */
  readonly archivedAt: number
  readonly by: string
  readonly why: string
  /** How many events were moved. 1 or more. */
  readonly events: number
  /** SHA-256 of them, in hexadecimal digits. */
  readonly checksum: string
}

/** Why a stream was not archived. */
export type NotArchived = InvalidOperation | StreamErased | SubscriptionsBehind

/** What followers that start from the beginning cannot see any more. */
export interface Retired {
  /** Streams in the archive. 0 or more. */
  readonly archivedStreams: number
  /** Their events. 0 or more. */
  readonly archivedEvents: number
  /** Streams that begin with a summary. 0 or more. */
  readonly truncatedStreams: number
  /** The events in whose place these summaries stand. 0 or more. */
  readonly truncatedEvents: number
}

/** How many streams are moved at once. */
export const MOST_STREAMS = 1_000

/**
 * Why nothing can be archived with this, or `undefined`. Every store calls it first.
 *
 * @example
 * archivingProblem({ streams: [], by: 'grace', why: 'old', tagged: 'refuse' })?._tag // 'InvalidOperation'
 */
export const archivingProblem = ({ streams, by, why }: Archiving): InvalidOperation | undefined => {
  if (streams.length < 1 || streams.length > MOST_STREAMS) {
    return invalidOperation('list of streams', `must name 1 to ${MOST_STREAMS}`)
  }
  if (new Set(streams).size < streams.length) {
    return invalidOperation('list of streams', 'names one twice')
  }
  for (const streamId of streams) {
    const wrong = streamIdError(streamId)
    if (wrong !== undefined) return invalidOperation('stream', `is not valid: ${wrong.reason}`)
  }
  const [subject = ''] = streams
  return (
    actionProblem({ operator: by, action: 'archive', subject, detail: {} }) ?? reasonProblem(why)
  )
}

/**
 * Only a closed stream can be archived.
 *
 * @example
 * notClosed('account-A1').message // 'The stream account-A1 is not closed. Nothing was changed.'
 */
export const notClosed = (streamId: StreamId): InvalidOperation =>
  invalidOperation('stream', `${streamId} is not closed`)

/**
 * Its events have tags, and that was not to be.
 *
 * @example
 * hasTags('account-A1')._tag // 'InvalidOperation'
 */
export const hasTags = (streamId: StreamId): InvalidOperation =>
  invalidOperation('stream', `${streamId} has events with tags, on which others may decide`)
