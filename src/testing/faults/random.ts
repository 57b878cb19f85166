/** Numbers that look random, and are the same for the same seed. */
export interface Random {
  /** From 0 (included) to 1 (excluded). */
  readonly next: () => number
  /** An integer from 0 to `bound - 1`. */
  readonly below: (bound: number) => number
  /** True with this probability, from 0 to 1. */
  readonly chance: (probability: number) => boolean
  readonly pick: <Item>(items: readonly [Item, ...Item[]]) => Item
  /** A UUID (version 4). */
  readonly uuid: () => string
  /** Another one, which does not depend on how often this one is asked. */
  readonly fork: (name: string) => Random
}

const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/**
 * Seeded random numbers, for tests that can be repeated. Not for secrets.
 *
 * @param seed - any number or text: the same one gives the same numbers.
 *
 * Source: C. Doty-Humphrey, PractRand, `sfc32`.
 *
 * @example
 * const random = seededRandom(7)
 * const dice = 1 + random.below(6)
 */
export const seededRandom = (seed: number | string): Random => {
  let [a, b, c, counter] = [hashOf(`a${seed}`), hashOf(`b${seed}`), hashOf(`c${seed}`), 1]
  const bits = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) bits()
  const hex = (): string => bits().toString(16).padStart(8, '0')
  const next = (): number => bits() / 2 ** 32
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)] ?? items[0],
    uuid: () => {
      const [one, two, three, four] = [hex(), hex(), hex(), hex()]
      const variant = '89ab'[below(4)] ?? '8'
      return `${one}-${two.slice(0, 4)}-4${two.slice(5)}-${variant}${three.slice(1, 4)}-${three.slice(4)}${four}`
    },
    fork: (name) => seededRandom(`${seed}/${name}`),
  }
}
