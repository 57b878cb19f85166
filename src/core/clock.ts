import * as E from 'fp-ts/Either'

/**
 * A reading of a hybrid logical clock: a wall clock that never goes backwards. `time` is in milliseconds
 * since 1970-01-01 UTC; `counter` orders readings within one millisecond.
 *
 * Source: S. Kulkarni, M. Demirbas, D. Madappa, B. Avva, M. Leone, "Logical Physical Clocks and
 * Consistent Snapshots in Globally Distributed Databases", 2014.
 */
export interface HybridTime {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly time: number
  /** 0 to {@link MAXIMUM_COUNTER}, so that it fits the 12 bits a UUIDv7 has for it. */
  readonly counter: number
}

/** The largest counter of a {@link HybridTime}. The reading after it is one millisecond later. */
export const MAXIMUM_COUNTER = 4095

/** The earliest reading: where every clock starts. */
export const epoch: HybridTime = { time: 0, counter: 0 }

/** A timestamp from another machine is too far ahead of the local clock to be accepted. */
export interface ClockDrift {
  readonly _tag: 'ClockDrift'
  /** How far it is ahead, in milliseconds. */
  readonly drift: number
  /** How far ahead it may be, in milliseconds. */
  readonly maximumDrift: number
  readonly message: string
}

const after = ({ time, counter }: HybridTime): HybridTime =>
  counter < MAXIMUM_COUNTER ? { time, counter: counter + 1 } : { time: time + 1, counter: 0 }

/**
 * Whether the reading `left` comes before `right`. Equal readings do not.
 *
 * @example
 * isBefore({ time: 2_000, counter: 7 }, { time: 2_000, counter: 8 }) // true
 */
export const isBefore = (left: HybridTime, right: HybridTime): boolean =>
  left.time < right.time || (left.time === right.time && left.counter < right.counter)

/**
 * The next reading: later than `clock`, and not before the wall clock's `now`.
 *
 * @param now - milliseconds since 1970-01-01 UTC. Fractions are cut off.
 *
 * @example
 * tick({ time: 2_000, counter: 7 }, 1_500) // { time: 2_000, counter: 8 }
 */
export const tick = (clock: HybridTime, now: number): HybridTime => {
  const time = Math.floor(now)
  return time > clock.time ? { time, counter: 0 } : after(clock)
}

/**
 * The next reading after a timestamp from `elsewhere` was received: later than both.
 *
 * @param now - the wall clock: milliseconds since 1970-01-01 UTC.
 * @param maximumDrift - how far ahead of `now` the other clock may be, in milliseconds.
 *
 * Fails with `ClockDrift`: the other clock is further ahead. The local clock did not move; fix the clock
 * of that machine.
 *
 * @example
 * mergeClocks(epoch, { time: 2_000, counter: 7 }, 1_000, 60_000) // E.right({ time: 2_000, counter: 8 })
 */
export const mergeClocks = (
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
      message: `A timestamp from another machine is ${drift} ms ahead of this clock; the limit is ${maximumDrift} ms.`,
    })
  }
  return E.right(tick(isBefore(clock, elsewhere) ? elsewhere : clock, now))
}
