/** With more positions to an event than this, events are not looked for in a range of positions that should hold them. */
const MOST = 2

/** Positions that are looked at beyond those that should do, where some hold no event. */
const SPARE = 32

/** How many positions have to be looked at for a number of events. */
export interface PositionsPerEvent {
  /** For so many events. `undefined`: far more than there are events, so read in order. */
  readonly enough: (events: number) => number | undefined
  /** So many positions held so many events. */
  readonly learn: (positions: number, events: number) => void
}

/**
 * What part of the positions hold events, from the last pages. Some do not: their appends were rolled back, or their
 * streams were erased or archived. Each page counts half as much as the next, so a gap of millions is forgotten after some pages.
 */
export const positionsPerEvent = (): PositionsPerEvent => {
  let [looked, found] = [1, 1]
  return {
    enough: (events) => {
      const each = looked / found
      if (each > MOST) return undefined
      return each === 1 ? events : Math.ceil(events * each) + SPARE
    },
    learn: (positions, events) => {
      looked = looked / 2 + positions
      found = found / 2 + events
    },
  }
}
