import * as E from 'fp-ts/Either'
import type { LoadError } from '../../core/errors/unions'
import type { CommandRecord, Loaded } from '../../core/ports/event-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import { catching } from '../catching'
import type { CategorySettings } from '../category/settings'
import { beginning, type Versioned, replayStored, type Replayable } from './replay'

/** What {@link loadState} has found. */
export interface LoadedState<State> {
  readonly current: Versioned<State>
  /** The command that was asked about was carried out before. */
  readonly handled: CommandRecord | undefined
}

/** The state to play on from: the snapshot if there is one that decodes, or what is known already. */
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

/** Plays the rest of a stream, a page at a time. */
export const playOn = async <State, Event>(
  category: Replayable<State, Event>,
  settings: CategorySettings,
  streamId: StreamId,
  from: Versioned<State>,
): Promise<E.Either<LoadError, Versioned<State>>> => {
  const { store, pageSize } = settings
  let current = from
  for (;;) {
    const page = await store.read(streamId, { after: current.version, limit: pageSize })()
    if (E.isLeft(page)) return page
    const played = replayStored(category, current, page.right.events)
    if (E.isLeft(played)) return played
    current = played.right
    if (!page.right.more) return E.right(current)
  }
}

const observeLast = (
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
 * The state of a stream as it is now: from what is known already, or from a snapshot, or from the start.
 * A stream that is shorter than what is known has lost events: then what is known counts for nothing.
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
  const played =
    from === undefined
      ? await playOn(category, settings, streamId, known)
      : replayStored(category, from, events)
  if (E.isLeft(played)) return played
  const whole =
    more && from !== undefined ? await playOn(category, settings, streamId, played.right) : played
  return E.isLeft(whole) ? whole : E.right({ current: whole.right, handled })
}
