import type { DecidedEvent } from '../read-side/decide'
import type { PartitionView } from '../read-side/partitions'
import { safe } from './text'

/** What was decided, line by line. */
export const decidedText = (
  verb: string,
  events: ReadonlyArray<DecidedEvent>,
  requests: ReadonlyArray<string>,
): string =>
  [
    ...events.map(
      ({ streamId, version, position, type }) =>
        `${verb}: ${safe(type)} at position ${position}, ${safe(streamId)} version ${version}\n`,
    ),
    ...requests.map((id) => `${verb}: command ${safe(id)}\n`),
  ].join('')

/** Who is going to do what was decided. */
export const ownerHint = (name: string, views: ReadonlyArray<PartitionView>): string =>
  views.every(({ owner }) => owner === null)
    ? `Nobody runs ${safe(name)} now: it is done when the application starts it.\n`
    : `Its owner does it within a second or so. To see how it went: npx reprise subscriptions ${safe(name)}\n`
