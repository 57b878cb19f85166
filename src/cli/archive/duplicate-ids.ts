/** Ids that may have been there before: some that were not, and all that were. */
export interface IdFilter {
  /** Adds the id that begins there, whatever its letters' case. Answers whether it may have been added before. */
  readonly add: (bytes: Uint8Array, from: number, length: number) => boolean
}

/** Bits for each id: then one of some hundreds is suspected without cause. */
const BITS_PER_ID = 16
/** Of a letter in ASCII; no digit and no hyphen is another one by it. */
const LOWER_CASE = 32
/** 2^28 bits are 32 MiB. With more than some ten million ids more of them are suspected without cause. */
const [LEAST_BITS, MOST_BITS] = [16, 28]

/**
 * A Bloom filter: its size does not depend on how many ids are added.
 *
 * Source: B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970; two hashes make four, after
 * A. Kirsch and M. Mitzenmacher, "Less hashing, same performance", 2006.
 */
export const idFilter = (expected: number): IdFilter => {
  const wanted = Math.ceil(Math.log2(Math.max(1, expected) * BITS_PER_ID))
  const bits = 2 ** Math.min(Math.max(wanted, LEAST_BITS), MOST_BITS)
  const words = new Uint32Array(bits / 32)
  const mask = bits - 1
  return {
    add: (bytes, from, length) => {
      let [first, second] = [0x811c9dc5, 0x01000193]
      for (let at = from; at < from + length; at++) {
        const code = (bytes[at] ?? 0) | LOWER_CASE
        first = Math.imul(first ^ code, 0x01000193)
        second = Math.imul(second + code, 0x85ebca6b) ^ (second >>> 13)
      }
      first ^= first >>> 16
      second |= 1
      let isKnown = true
      for (let turn = 0; turn < 4; turn++) {
        const bit = (first + turn * second) & mask
        const [word, flag] = [bit >>> 5, 1 << (bit & 31)]
        const before = words[word] ?? 0
        if ((before & flag) === 0) isKnown = false
        words[word] = before | flag
      }
      return isKnown
    },
  }
}
