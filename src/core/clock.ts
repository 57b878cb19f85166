import * as E from 'fp-ts/Either'

/**
 * A hybrid logical clock: a wall clock that never steps back. `time` is in milliseconds since
 * 1970-01-01 UTC; `counter` orders what happened within one of them.
 *
 * Source: S. Kulkarni, M. Demirbas, D. Madappa, B. Avva, M. Leone, "Logical Physical Clocks and
 * Consistent Snapshots in Globally Distributed Databases", 2014.
 */
export interface HybridTime {
  readonly time: number
  /** 0 to {@link MAXIMUM_COUNTER}: it fits the 12 bits that a UUIDv7 has for it. */
  readonly counter: number
}

export const MAXIMUM_COUNTER = 4095

/** The clock before anything happened. */
export const epoch: HybridTime = { time: 0, counter: 0 }

/** A timestamp from elsewhere lies too far ahead of our own clock to be believed. */
export interface ClockDrift {
  readonly _tag: 'ClockDrift'
  /** How far it lies ahead, in milliseconds. */
  readonly drift: number
  readonly maximumDrift: number
  readonly message: string
}

const after = ({ time, counter }: HybridTime): HybridTime =>
  counter < MAXIMUM_COUNTER ? { time, counter: counter + 1 } : { time: time + 1, counter: 0 }

/** Whether `left` comes before `right`. */
export const isBefore = (left: HybridTime, right: HybridTime): boolean =>
  left.time < right.time || (left.time === right.time && left.counter < right.counter)

/** The next moment: later than `clock`, and not before the wall clock's `now`. */
export const tick = (clock: HybridTime, now: number): HybridTime => {
  const time = Math.floor(now)
  return time > clock.time ? { time, counter: 0 } : after(clock)
}

/**
 * The next moment after something that happened `elsewhere` became known: later than both.
 *
 * @param maximumDrift - how far ahead of `now` the other clock may be, in milliseconds.
 *
 * Fails with `ClockDrift`: the other clock is further ahead. Nothing moved; mend that machine's clock.
 */
export const observe = (
  clock: HybridTime,
  elsewhere: HybridTime,
  now: number,
  maximumDrift: number,
): E.Either<ClockDrift, HybridTime> => {
  const drift = elsewhere.time - now
  if (!(drift <= maximumDrift)) {
    return E.left({
      _tag: 'ClockDrift',
      drift,
      maximumDrift,
      message: `A timestamp from elsewhere is ${drift} ms ahead of this clock; at most ${maximumDrift} ms is allowed.`,
    })
  }
  return E.right(tick(isBefore(clock, elsewhere) ? elsewhere : clock, now))
}
