import type { Position } from './stream'

/** Where a subscription begins when it is started for the first time. Later it goes on where it was. */
export type Start =
  /** With the first event of the store. */
  | { readonly _tag: 'Start' }
  /** With what comes after everything that is in the store now. */
  | { readonly _tag: 'End' }
  /** With the first event after a position. */
  | { readonly _tag: 'After'; readonly position: Position }
  /** With the first event that was recorded at or after a time. Milliseconds since 1970-01-01 UTC. */
  | { readonly _tag: 'Since'; readonly time: number }

export const fromStart: Start = { _tag: 'Start' }
export const fromEnd: Start = { _tag: 'End' }
export const fromPosition = (position: Position): Start => ({ _tag: 'After', position })
export const fromTime = (time: number): Start => ({ _tag: 'Since', time })
