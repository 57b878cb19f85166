import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { LoadError, ReadPageError } from '../../core/errors/unions'
import type { BackwardsRange, StreamPage, StreamRange } from '../../core/ports/event-store'
import type { EventsPage, RecordedEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import type { CategorySettings } from '../category/settings'
import { decodeRecorded, type Replayable } from './replay'

type Decoded<Event> = TaskEither<LoadError | ReadPageError, EventsPage<Event>>

const decodePage =
  <Event>(category: Pick<Replayable<unknown, Event>, 'events'>) =>
  ({ events: stored, more }: StreamPage): E.Either<LoadError, EventsPage<Event>> => {
    const events: RecordedEvent<Event>[] = []
    for (const each of stored) {
      const decoded = decodeRecorded(category, each)
      if (E.isLeft(decoded)) return decoded
      events.push(decoded.right)
    }
    return E.right({ events, more })
  }

/** A page of a stream, oldest events first. */
export const readEvents = <Event>(
  category: Pick<Replayable<unknown, Event>, 'events'>,
  { store, pageSize }: CategorySettings,
  streamId: StreamId,
  range: Partial<StreamRange>,
): Decoded<Event> =>
  pipe(
    store.read(streamId, { after: 0, limit: pageSize, ...range }),
    TE.flatMapEither(decodePage(category)),
  )

/** A page of a stream, newest events first. */
export const readEventsBackwards = <Event>(
  category: Pick<Replayable<unknown, Event>, 'events'>,
  { store, pageSize }: CategorySettings,
  streamId: StreamId,
  range: Partial<BackwardsRange>,
): Decoded<Event> =>
  pipe(
    store.readBackwards(streamId, { limit: pageSize, ...range }),
    TE.flatMapEither(decodePage(category)),
  )
