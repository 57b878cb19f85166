import * as E from 'fp-ts/Either'
import { functionSetting, setting } from '../../core/setting'
import { type ClockDrift, epoch, type HybridTime, mergeClocks, tick } from '../../core/clock'

/** A source of ids: UUIDv7, each greater than all that this source has made or seen before. */
export interface IdSource {
  readonly next: () => string
  /**
   * Takes an id from elsewhere into account: the next ids will be greater. An id that is no UUIDv7 is ignored.
   * Fails with `ClockDrift` when it is too far in the future; it is then ignored.
   */
  readonly observe: (id: string) => E.Either<ClockDrift, void>
}

/** The options of {@link idSource}. Every key is optional. */
export interface IdSourceOptions {
  /** The wall clock, in milliseconds since 1970-01-01 UTC. Default `Date.now`. */
  readonly now?: () => number
  /** How far an id from elsewhere may be ahead of the wall clock, in milliseconds. 0 or more. Default 60,000. */
  readonly maximumDrift?: number
}

const POOL = new Uint32Array(1024)
let used = POOL.length

const random = (): number => {
  if (used >= POOL.length) {
    crypto.getRandomValues(POOL)
    used = 0
  }
  return POOL[used++] ?? 0
}

const DIGITS = new TextEncoder().encode('0123456789abcdef')
const DASH = 45
const digit = (value: number, shift: number): number => DIGITS[(value >>> shift) & 15] ?? 0

// All characters at once: V8 keeps a string that is concatenated from parts as a rope, and flattens it when it
// is first read.
// prettier-ignore
const uuid = ({ time, counter }: HybridTime, high: number, low: number): string => {
  const [early, late] = [Math.floor(time / 0x10000), time % 0x10000]
  const [version, variant] = [0x7000 | counter, 0x8000 | (high >>> 18)]
  return String.fromCharCode(
    digit(early, 28), digit(early, 24), digit(early, 20), digit(early, 16),
    digit(early, 12), digit(early, 8), digit(early, 4), digit(early, 0), DASH,
    digit(late, 12), digit(late, 8), digit(late, 4), digit(late, 0), DASH,
    digit(version, 12), digit(version, 8), digit(version, 4), digit(version, 0), DASH,
    digit(variant, 12), digit(variant, 8), digit(variant, 4), digit(variant, 0), DASH,
    digit(high, 12), digit(high, 8), digit(high, 4), digit(high, 0),
    digit(low, 28), digit(low, 24), digit(low, 20), digit(low, 16),
    digit(low, 12), digit(low, 8), digit(low, 4), digit(low, 0),
  )
}

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Ids from a hybrid logical clock: 48 bits of milliseconds, 12 of its counter, 62 random. They strictly
 * increase on this node, also while the wall clock steps back. `next` never fails.
 *
 * Source: RFC 9562, section 5.7 and 6.2 (method 1).
 *
 * @example
 * const ids = idSource()
 * const accounts = openCategory(account, backend, { ids })
 */
export const idSource = ({ now: clockNow, maximumDrift }: IdSourceOptions = {}): IdSource => {
  const now = functionSetting(clockNow, Date.now)
  const drift = setting(maximumDrift, 60_000, 0)
  let clock = epoch
  return {
    next: () => {
      clock = tick(clock, now())
      return uuid(clock, random(), random())
    },
    observe: (id) => {
      if (!VERSION_7.test(id)) return E.right(undefined)
      const elsewhere = {
        time: parseInt(id.slice(0, 8) + id.slice(9, 13), 16),
        counter: parseInt(id.slice(15, 18), 16),
      }
      const moved = mergeClocks(clock, elsewhere, now(), drift)
      if (E.isLeft(moved)) return moved
      clock = moved.right
      return E.right(undefined)
    },
  }
}
