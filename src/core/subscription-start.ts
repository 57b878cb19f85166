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

/** At the first event of the store. */
export const fromStart: SubscriptionStart = { _tag: 'Start' }
/** After the last event that is in the store at the first start. */
export const fromEnd: SubscriptionStart = { _tag: 'End' }
/**
 * After a position. Never fails.
 *
 * @param position - 0 or more; 0 is the same as {@link fromStart}.
 *
 * @example
 * runSubscription({ ...mails, from: fromPosition(1_000) })
 */
export const fromPosition = (position: Position): SubscriptionStart => ({ _tag: 'After', position })
/**
 * At the first event that was recorded at or after a time. Never fails.
 *
 * @param time - milliseconds since 1970-01-01 UTC, by the store's clock.
 *
 * @example
 * runSubscription({ ...mails, from: fromTime(Date.UTC(2030, 0, 1)) })
 */
export const fromTime = (time: number): SubscriptionStart => ({ _tag: 'Since', time })
