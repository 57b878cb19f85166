/** How many events are handled in one batch: more while that is fast, fewer when it is slow or fails. */
export interface BatchSize {
  readonly now: () => number
  /** A batch has taken this long. */
  readonly took: (events: number, milliseconds: number) => void
  /** One of so many events has caused a failure, and it is not known which: the next batch has half of them. */
  readonly halve: (events: number) => void
}

const FIRST = 100

/**
 * Adapts by time, in both directions.
 *
 * @param most - events, 1 or more.
 * @param time - how long a batch should take, in milliseconds.
 */
export const adaptingSize = (most: number, time: number): BatchSize => {
  let size = Math.min(FIRST, most)
  return {
    now: () => size,
    took: (events, milliseconds) => {
      // Only a full batch shows that more would fit; the last events of a page do not.
      if (events >= size && milliseconds < time / 2) size = Math.min(most, size * 2)
      if (milliseconds > time) {
        size = Math.max(1, Math.min(size, Math.floor((events * time) / milliseconds)))
      }
    },
    halve: (events) => {
      size = Math.max(1, Math.min(size, Math.floor(events / 2)))
    },
  }
}
