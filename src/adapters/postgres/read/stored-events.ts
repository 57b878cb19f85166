import * as E from 'fp-ts/Either'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import type { StoredEvent } from '../../../core/recorded-event'
import { MAXIMUM_POSITION } from '../../../core/stream'

/** Stored events as the hot statements select them, unless one has a position that cannot be counted on. */
export const countable = (
  events: ReadonlyArray<StoredEvent>,
): E.Either<StoreFailed, ReadonlyArray<StoredEvent>> => {
  // What its data means is for the codecs to judge, not for us.
  const wrong = events.find(({ position }) => position > MAXIMUM_POSITION)
  if (wrong === undefined) return E.right(events)
  const { version, streamId, position } = wrong
  const advice = `event ${version} of ${streamId} has the position ${position}, above the largest one`
  return E.left(storeFailed('CorruptRow', 'nothingWritten', undefined, advice))
}
