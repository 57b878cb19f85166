import * as E from 'fp-ts/Either'
import type { LoadError } from '../../core/errors/unions'
import type { CommandRecord, Loaded } from '../../core/ports/event-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import { catching } from '../catching'
import type { CategorySettings } from '../category/settings'
import { neverInvalid } from '../../core/ports/never-invalid'
import { beginning, type Versioned, replayStored, type Replayable } from './replay'

/** The result of {@link loadState}. */
export interface LoadedState<State> {
  readonly current: Versioned<State>
  /** The command was handled before. `undefined`: it was not, or there was no command id. */
  readonly handled: CommandRecord | undefined
}

/** The state to replay from: the snapshot if there is one that decodes, or the cached state. */
const start = <State, Event>(
  category: Replayable<State, Event>,
  { onNotice }: CategorySettings,
  known: Versioned<State>,
  { snapshot }: Loaded,
): Versioned<State> | undefined => {
  if (snapshot === undefined) return known
  const { streamId, version, state } = snapshot
  const decoded = catching(() => category.snapshots?.state.decode(state))
  if (E.isRight(decoded) && decoded.right !== undefined && E.isRight(decoded.right)) {
    return { state: decoded.right.right, version }
  }
  const issues =
    E.isRight(decoded) && decoded.right !== undefined && E.isLeft(decoded.right)
      ? decoded.right.left
      : [{ path: '', message: 'its codec threw' }]
  onNotice({ _tag: 'SnapshotIgnored', streamId, version, issues })
  return undefined
}

/** Replays the rest of a stream, one page at a time. */
export const replayRest = async <State, Event>(
  category: Replayable<State, Event>,
  settings: CategorySettings,
  streamId: StreamId,
  from: Versioned<State>,
): Promise<E.Either<LoadError, Versioned<State>>> => {
  const { store, pageSize } = settings
  let current = from
  for (;;) {
    const range = { after: current.version, limit: pageSize }
    const page = await neverInvalid(store.read(streamId, range))()
    if (E.isLeft(page)) return page
    const replayed = replayStored(category, current, page.right.events)
    if (E.isLeft(replayed)) return replayed
    current = replayed.right
    if (!page.right.more) return E.right(current)
  }
}

/** New ids are greater than those that have been read. */
export const observeLast = (
  { ids, onNotice }: CategorySettings,
  streamId: StreamId,
  events: ReadonlyArray<StoredEvent>,
): void => {
  const last = events.at(-1)
  if (last === undefined) return
  const observed = ids.observe(last.id)
  if (E.isLeft(observed)) onNotice({ _tag: 'ClockDrifted', streamId, error: observed.left })
}

/**
 * The current state of a stream: replayed from a cached state, from a snapshot, or from the start. A stream
 * that is shorter than the cached state has lost events: then the cached state is dropped.
 */
export const loadState = async <State, Event>(
  category: Replayable<State, Event>,
  settings: CategorySettings,
  streamId: StreamId,
  { known = beginning(category), commandId }: { known?: Versioned<State>; commandId?: string },
): Promise<E.Either<LoadError, LoadedState<State>>> => {
  const { store, pageSize } = settings
  const schema = category.snapshots?.state.schemaVersion
  const loaded = await store.load({
    streamId,
    after: known.version,
    limit: pageSize,
    ...(schema === undefined ? {} : { snapshotSchema: schema }),
    ...(commandId === undefined ? {} : { commandId }),
  })()
  if (E.isLeft(loaded)) return loaded
  const { version, events, more, handled } = loaded.right
  if (version < known.version) {
    settings.onNotice({ _tag: 'StateDropped', streamId, known: known.version, actual: version })
    return loadState(category, settings, streamId, commandId === undefined ? {} : { commandId })
  }
  observeLast(settings, streamId, events)
  const from = start(category, settings, known, loaded.right)
  const replayed =
    from === undefined
      ? await replayRest(category, settings, streamId, known)
      : replayStored(category, from, events)
  if (E.isLeft(replayed)) return replayed
  const whole =
    more && from !== undefined
      ? await replayRest(category, settings, streamId, replayed.right)
      : replayed
  return E.isLeft(whole) ? whole : E.right({ current: whole.right, handled })
}
