import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { versionNotReached, type VersionNotReached } from '../../core/errors/replay'
import type { LoadError } from '../../core/errors/unions'
import type { StoredEvent } from '../../core/recorded-event'
import type { StreamId, StreamVersion } from '../../core/stream'
import type { CategorySettings } from '../category/settings'
import { neverInvalid } from '../../core/ports/never-invalid'
import {
  beginning,
  isBeginning,
  type Replayable,
  replayStored,
  truncated,
  type Versioned,
} from './replay'

/** Replays a stream from its start for as long as `goOn` says, one page at a time. */
const replayWhile = async <State, Event>(
  category: Replayable<State, Event>,
  { store, pageSize }: CategorySettings,
  { streamId, upTo }: { readonly streamId: StreamId; readonly upTo?: StreamVersion },
  goOn: (event: StoredEvent) => boolean,
): Promise<E.Either<LoadError, Versioned<State>>> => {
  let current = beginning(category)
  for (;;) {
    const range = {
      after: current.version,
      limit: pageSize,
      ...(upTo === undefined ? {} : { upTo }),
    }
    const page = await neverInvalid(store.read(streamId, range))()
    if (E.isLeft(page)) return page
    const { events, more } = page.right
    const stop = events.findIndex((event) => !goOn(event))
    const first = events[0]
    if (stop === 0 && current.version === 0 && first !== undefined && isBeginning(first)) {
      return E.left(truncated(streamId, first.version))
    }
    const replayed = replayStored(category, current, stop === -1 ? events : events.slice(0, stop))
    if (E.isLeft(replayed) || !more || stop !== -1) return replayed
    current = replayed.right
  }
}

/** The state as it was at a version. */
export const replayTo =
  <State, Event>(category: Replayable<State, Event>, settings: CategorySettings) =>
  (
    streamId: StreamId,
    version: StreamVersion,
  ): TaskEither<LoadError | VersionNotReached, Versioned<State>> =>
  async () => {
    const isVersion = Number.isSafeInteger(version) && version >= 0
    const replayed = await replayWhile(
      category,
      settings,
      { streamId, ...(isVersion ? { upTo: version } : {}) },
      (event) => event.version <= version,
    )
    if (E.isLeft(replayed) || replayed.right.version === version) return replayed
    if (version > 0 && replayed.right.version === 0) {
      const page = await neverInvalid(settings.store.read(streamId, { after: 0, limit: 1 }))()
      if (E.isLeft(page)) return page
      const [first] = page.right.events
      if (first !== undefined && isBeginning(first)) {
        return E.left(truncated(streamId, first.version))
      }
    }
    return E.left(versionNotReached(streamId, version, replayed.right.version))
  }

/**
 * The state as it was at a time: after all events up to the first one that was recorded later.
 *
 * @param time - milliseconds since 1970-01-01 UTC, by the store's clock.
 */
export const asOf =
  <State, Event>(category: Replayable<State, Event>, settings: CategorySettings) =>
  (streamId: StreamId, time: number): TaskEither<LoadError, Versioned<State>> =>
  () =>
    replayWhile(category, settings, { streamId }, ({ recordedAt }) => recordedAt <= time)
