import type { Position } from './stream'

/** Where a subscription begins when it is started for the first time. Later it continues after its checkpoint. */
export type SubscriptionStart =
  /** At the first event of the store. */
  | { readonly _tag: 'Start' }
  /** After the last event that is in the store now. */
  | { readonly _tag: 'End' }
  /** After a position. */
  | { readonly _tag: 'After'; readonly position: Position }
  /** At the first event recorded at or after a time. Milliseconds since 1970-01-01 UTC. */
  | { readonly _tag: 'Since'; readonly time: number }

export const fromStart: SubscriptionStart = { _tag: 'Start' }
export const fromEnd: SubscriptionStart = { _tag: 'End' }
export const fromPosition = (position: Position): SubscriptionStart => ({ _tag: 'After', position })
export const fromTime = (time: number): SubscriptionStart => ({ _tag: 'Since', time })
