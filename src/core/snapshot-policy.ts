import type { StreamVersion } from './stream'

/** What a policy is asked about: a state that was just reached. */
export interface Reached<State> {
  /** The version that the command found. */
  readonly from: StreamVersion
  /** The version that it left behind. */
  readonly to: StreamVersion
  readonly state: State
}

/** When a snapshot is taken. Build one with {@link never}, {@link everyNEvents} or {@link when}. */
export type SnapshotPolicy<State> =
  | { readonly _tag: 'Never' }
  | { readonly _tag: 'EveryNEvents'; readonly events: number }
  | { readonly _tag: 'When'; readonly predicate: (reached: Reached<State>) => boolean }

/** No snapshots are written. Those that are there are still read. */
export const never: SnapshotPolicy<unknown> = { _tag: 'Never' }

/** Whenever the version passes a multiple of `events` (1 or more; less counts as 1). */
export const everyNEvents = (events: number): SnapshotPolicy<unknown> => ({
  _tag: 'EveryNEvents',
  events: Math.max(1, Math.floor(events)),
})

/** Whenever `predicate` says so: at the end of a billing period, say. */
export const when = <State>(
  predicate: (reached: Reached<State>) => boolean,
): SnapshotPolicy<State> => ({ _tag: 'When', predicate })

/** Whether `policy` wants a snapshot of the state that was reached. */
export const wantsSnapshot = <State>(
  policy: SnapshotPolicy<State>,
  reached: Reached<State>,
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
