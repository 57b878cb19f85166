import { randomFillSync } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { type ClockDrift, epoch, type HybridTime, observe, tick } from '../core/clock'

/** Where ids come from: UUIDv7, each greater than all that this source has made or seen before. */
export interface IdSource {
  readonly next: () => string
  /**
   * An id from elsewhere is known: the next ones will be greater. An id that is no UUIDv7 is passed
   * over. Fails with `ClockDrift` when it lies too far in the future: then nothing moves.
   */
  readonly observe: (id: string) => E.Either<ClockDrift, void>
}

/** How an {@link idSource} is set up. Every key may be left out. */
export interface IdSourceOptions {
  /** The wall clock, in milliseconds since 1970-01-01 UTC. Default `Date.now`. */
  readonly now?: () => number
  /** How far an id from elsewhere may lie ahead of the wall clock, in milliseconds. Default 60,000. */
  readonly maximumDrift?: number
}

const POOL = new Uint32Array(1024)
let used = POOL.length

const random = (): number => {
  if (used >= POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  return POOL[used++] ?? 0
}

const HEXADECIMAL = Buffer.from('0123456789abcdef')
const text = Buffer.alloc(36, '-')

const write = (start: number, digits: number, value: number): void => {
  let rest = value
  for (let at = start + digits - 1; at >= start; at--) {
    text[at] = HEXADECIMAL[rest & 15] ?? 0
    rest >>>= 4
  }
}

// Byte by byte into one buffer: of an id that is put together from parts, V8 keeps the parts, and joins
// them later, when somebody looks at it.
const uuid = ({ time, counter }: HybridTime, high: number, low: number): string => {
  write(0, 8, Math.floor(time / 0x10000))
  write(9, 4, time % 0x10000)
  write(14, 4, 0x7000 | counter)
  write(19, 4, 0x8000 | (high >>> 18))
  write(24, 4, high & 0xffff)
  write(28, 8, low)
  return text.toString('latin1')
}

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Ids from a hybrid logical clock: 48 bits of milliseconds, 12 of its counter, 62 random. They strictly
 * increase on this node, also while the wall clock steps back.
 *
 * Source: RFC 9562, section 5.7 and 6.2 (method 1).
 */
export const idSource = ({
  now = Date.now,
  maximumDrift = 60_000,
}: IdSourceOptions = {}): IdSource => {
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
      const moved = observe(clock, elsewhere, now(), maximumDrift)
      if (E.isLeft(moved)) return moved
      clock = moved.right
      return E.right(undefined)
    },
  }
}
