import { setting } from './setting'
import type { StreamVersion } from './stream'

/** The state after a command, as a policy sees it. */
export interface ReachedState<State> {
  /** The version before the command. */
  readonly from: StreamVersion
  /** The version after it. */
  readonly to: StreamVersion
  readonly state: State
}

/** When a snapshot is taken. Make one with {@link neverSnapshot}, {@link everyNEvents} or {@link snapshotWhen}. */
export type SnapshotPolicy<State> =
  | { readonly _tag: 'Never' }
  /** Whenever the version passes a multiple of `events`, an integer from 1 on. */
  | { readonly _tag: 'EveryNEvents'; readonly events: number }
  | { readonly _tag: 'When'; readonly predicate: (reached: ReachedState<State>) => boolean }

/** Writes no snapshots. Existing ones are still read. */
export const neverSnapshot: SnapshotPolicy<unknown> = { _tag: 'Never' }

/**
 * Takes a snapshot whenever the version passes a multiple of `events`. Never fails.
 *
 * @param events - an integer, 1 or more; less counts as 1, and so does NaN.
 *
 * @example
 * const snapshots = { state: accountState, policy: everyNEvents(100) }
 */
export const everyNEvents = (events: number): SnapshotPolicy<unknown> => ({
  _tag: 'EveryNEvents',
  events: setting(events, 1, 1),
})

/**
 * Takes a snapshot whenever `predicate` is true: at the end of a billing period, for instance. If it throws, no
 * snapshot is taken, and `SnapshotFailed` is reported to `onNotice`.
 *
 * @example
 * const policy = snapshotWhen<AccountState>(({ state }) => state.isClosed)
 */
export const snapshotWhen = <State>(
  predicate: (reached: ReachedState<State>) => boolean,
): SnapshotPolicy<State> => ({ _tag: 'When', predicate })

/**
 * Whether `policy` wants a snapshot of this state. Throws only what the predicate of {@link snapshotWhen} throws.
 *
 * @example
 * wantsSnapshot(everyNEvents(100), { from: 98, to: 101, state: undefined }) // true
 */
export const wantsSnapshot = <State>(
  policy: SnapshotPolicy<State>,
  reached: ReachedState<State>,
): boolean => {
  switch (policy._tag) {
    case 'Never':
      return false
    case 'EveryNEvents':
      return Math.floor(reached.to / policy.events) > Math.floor(reached.from / policy.events)
    case 'When':
      return policy.predicate(reached)
  }
}
