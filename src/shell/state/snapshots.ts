import * as E from 'fp-ts/Either'
import type { Snapshots } from '../../core/category'
import { type SnapshotImpossible, snapshotImpossible } from '../../core/errors/replay'
import type { ReadError } from '../../core/errors/unions'
import { describeIssues, causeText } from '../../core/issue'
import { type ReachedState, wantsSnapshot } from '../../core/snapshot-policy'
import type { StreamId } from '../../core/stream'
import { catching } from '../catching'
import type { CategorySettings } from '../category/settings'
import type { Versioned } from './replay'

interface Snapshotting<State> {
  readonly snapshots?: Snapshots<State>
}

/** Stores a snapshot of a state now. */
export const takeSnapshot = async <State>(
  { snapshots }: Snapshotting<State>,
  { store, onNotice }: CategorySettings,
  streamId: StreamId,
  { state, version }: Versioned<State>,
): Promise<E.Either<ReadError | SnapshotImpossible, void>> => {
  if (snapshots === undefined) {
    return E.left(snapshotImpossible(streamId, 'its category declares no snapshots'))
  }
  if (version === 0) return E.left(snapshotImpossible(streamId, 'it was never written to'))
  const encoded = catching(() => snapshots.state.encode(state))
  if (E.isLeft(encoded)) {
    return E.left(snapshotImpossible(streamId, `the codec threw: ${causeText(encoded.left)}`))
  }
  if (E.isLeft(encoded.right)) {
    return E.left(snapshotImpossible(streamId, describeIssues(encoded.right.left)))
  }
  const { schemaVersion } = snapshots.state
  const saved = await store.saveSnapshot({
    streamId,
    version,
    schemaVersion,
    state: encoded.right.right,
  })()
  if (E.isRight(saved)) onNotice({ _tag: 'SnapshotTaken', streamId, version })
  return saved
}

/** Whether the policy wants a snapshot, or why it failed. */
const policyWants = <State>(
  { policy }: Snapshots<State>,
  streamId: StreamId,
  reached: ReachedState<State>,
): E.Either<SnapshotImpossible, boolean> => {
  const wanted = catching(() => wantsSnapshot(policy, reached))
  return E.isLeft(wanted)
    ? E.left(snapshotImpossible(streamId, `the policy threw: ${causeText(wanted.left)}`))
    : wanted
}

/** Snapshots that are taken after the callers have their answers. */
export interface BackgroundSnapshots<State> {
  /** Takes a snapshot if the policy wants one. Never fails: reports `SnapshotFailed` to `onNotice`. */
  readonly consider: (streamId: StreamId, reached: ReachedState<State>) => void
  /** Waits for the snapshots that were begun. */
  readonly settled: () => Promise<void>
}

/** Takes snapshots in the background, so that no caller waits for them. */
export const backgroundSnapshots = <State>(
  category: Snapshotting<State>,
  settings: CategorySettings,
): BackgroundSnapshots<State> => {
  const running = new Set<Promise<void>>()
  const take = async (streamId: StreamId, reached: ReachedState<State>): Promise<void> => {
    const { to: version, state } = reached
    const taken = await takeSnapshot(category, settings, streamId, { state, version })
    if (E.isLeft(taken)) {
      settings.onNotice({ _tag: 'SnapshotFailed', streamId, error: taken.left })
    }
  }
  return {
    consider: (streamId: StreamId, reached: ReachedState<State>): void => {
      if (category.snapshots === undefined) return
      const wanted = policyWants(category.snapshots, streamId, reached)
      if (E.isLeft(wanted)) {
        settings.onNotice({ _tag: 'SnapshotFailed', streamId, error: wanted.left })
        return
      }
      if (!wanted.right) return
      const taking = take(streamId, reached).finally(() => running.delete(taking))
      running.add(taking)
    },
    settled: async (): Promise<void> => {
      await Promise.all(running)
    },
  }
}
