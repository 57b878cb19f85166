import * as E from 'fp-ts/Either'
import type { Archiving } from '../../core/operator/archiving'
import type { StreamId } from '../../core/stream'
import { succeeds } from '../store-contract/checks'
import { appendTo, freshStream, numbered } from '../store-contract/fixtures'
import type { Operated } from './subject'

export const by = 'ops@example.org'
export const why = 'older than ten years'

export const NOTHING = {
  archivedStreams: 0,
  archivedEvents: 0,
  truncatedStreams: 0,
  truncatedEvents: 0,
}

export const archiving = (
  streams: ReadonlyArray<StreamId>,
  more: Partial<Archiving> = {},
): Archiving => ({
  streams,
  by,
  why,
  tagged: 'refuse',
  ...more,
})

/** A closed stream with so many events. */
export const closedStream = async (
  { operator, store }: Operated,
  count: number,
  streamId: StreamId = freshStream(),
): Promise<StreamId> => {
  await succeeds(store.append(appendTo(streamId, 0, numbered(count))))
  await succeeds(operator.closeStream({ streamId, by, why }))
  return streamId
}

/** What became of each: `archived`, or the tag of the reason why not. */
export const outcomes = async ({ operator }: Operated, wanted: Archiving) =>
  (await succeeds(operator.archive(wanted))).map((answer) =>
    E.isLeft(answer) ? answer.left._tag : 'archived',
  )
