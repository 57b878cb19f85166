import type { Json } from 'reprise/adapter'
import type { Random } from 'reprise/testing'

const LONE = '\ud800'

const TEXTS: readonly [string, ...string[]] = [
  '',
  ...['', ' ', '-', 'a-', '-a', '--', '\u0000', 'a\u0000b', LONE, `a${LONE}b`, '\udfff\ud800'],
  ...['__proto__', 'constructor', 'toString', 'hostile-__proto__', 'hostile-\u0000', 'hostile-\n'],
  ...["'; drop table events; --", '") ; select 1 --', '$1', '$$', '$reprise$', '{{schema}}', '%s'],
  ...[
    "'::jsonb",
    '\\',
    '\\u0000',
    '"',
    "''",
    '/*',
    'null',
    'NaN',
    'undefined',
    '0',
    '{}',
    '\u202e',
  ],
  ...['\ufeff', '\u007f', '\r\n', 'Grüße', '𝒳'.repeat(127), '𝒳'.repeat(128), 'ä'.repeat(255)],
  ...[`hostile-${'a'.repeat(247)}`, 'a'.repeat(255), 'a'.repeat(256), 'hostile-'.repeat(1_125)],
]

const NUMBERS: readonly [number, ...number[]] = [
  ...([0, -0, 1, -1, 2, 0.5, -1.5, NaN, Infinity, -Infinity, 1e308, -1e308, 5e-324] as const),
  ...[
    32_767,
    32_768,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 40 - 1,
    2 ** 40,
    2 ** 53,
    -(2 ** 53),
    1e21,
  ],
]

const nested = (depth: number, leaf: unknown): unknown => {
  let value = leaf
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

const containingItself = (): unknown => {
  const value: Record<string, unknown> = {}
  value['self'] = value
  return value
}

const throwing = (): never => {
  throw new Error('a hostile value')
}

/** A value that is not the same whenever it is looked at. */
const changing = (): unknown => {
  let looks = 0
  return {
    get a() {
      return ++looks
    },
  }
}

const OBJECTS: readonly [() => unknown, ...(() => unknown)[]] = [
  () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as unknown,
  () => ({ [Symbol('hidden')]: 1, a: 1 }),
  () => ({ a: undefined }),
  () => ({ a: [undefined] }),
  () => ({ a: BigInt(1) }),
  () => ({ a: Symbol('a') }),
  () => ({ a: throwing }),
  () => ({ a: -0, b: 1e308, c: 5e-324, d: 2 ** 53 }),
  () => ({ a: NaN }),
  () => ({ a: -Infinity }),
  () => ({ a: '\u0000' }),
  () => ({ ['a\u0000']: 1 }),
  () => ({ [LONE]: LONE }),
  () => ({ ['k'.repeat(100_000)]: 1 }),
  () => ({ '': '' }),
  () => ({ a: nested(150, 1) }),
  () => ({ a: nested(5_000, 1) }),
  () => ({ a: new Date(0), b: new Map(), c: /a/, d: new Error('a') }),
  () => ({ a: Array(3) as unknown }),
  () => ({ a: Object.assign([1], { extra: 1 }) }),
  () => ({ a: new Uint8Array(3) }),
  () => ({ toJSON: () => ({ a: 1 }) }),
  () => ({ a: { toJSON: throwing } }),
  () => Object.create({ inherited: 1 }) as unknown,
  () => Object.create(null) as unknown,
  () => Object.defineProperty({}, 'a', { value: 1, enumerable: false }),
  () => Object.freeze({ a: Object.freeze([1]) }),
  () => ({
    get a() {
      return throwing()
    },
  }),
  changing,
  () => new Proxy({ a: 1 }, {}),
  () => new Proxy({ a: 1 }, { get: throwing }),
  () => new Proxy({ a: 1 }, { ownKeys: throwing }),
  () => new Proxy({ a: 1 }, { getPrototypeOf: throwing }),
  () => new Proxy({ a: 1 }, { getOwnPropertyDescriptor: throwing }),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  containingItself,
  () => Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`key ${index}`, index])),
]

const NO_OBJECTS: readonly [unknown, ...unknown[]] = [
  ...([null, undefined, true, '', LONE, 0, -0, NaN, BigInt(1), Symbol('a'), throwing] as const),
  ...[[], [1], [[undefined]], new Date(0), Object('a')],
]

/** Values that a store must either refuse or keep. */
export interface HostileValues {
  readonly text: () => string
  readonly number: () => number
  /** Where JSON is declared, and anything may come. */
  readonly json: () => Json
  /** Anything, at a place where an object is declared. */
  readonly object: () => never
  /** Mostly the first: so that what is hostile stands in all places in turn. */
  readonly mostly: <Value>(sound: Value, hostile: () => Value) => Value
}

export const hostileValues = (random: Random): HostileValues => {
  const randomText = (): string =>
    String.fromCharCode(...Array.from({ length: random.below(20) }, () => random.below(65_536)))
  const text = (): string => (random.chance(0.7) ? random.pick(TEXTS) : randomText())
  const number = (): number =>
    random.chance(0.8) ? random.pick(NUMBERS) : (random.next() - 0.5) * 10 ** random.below(40)
  const json = (depth = 0): unknown => {
    const kind = random.below(depth > 3 ? 3 : 8)
    if (kind === 0) return text()
    if (kind === 1) return number()
    if (kind === 2) return random.pick<unknown>(NO_OBJECTS)
    if (kind === 3) return Array.from({ length: random.below(4) }, () => json(depth + 1))
    if (kind > 5) return random.pick(OBJECTS)()
    return Object.fromEntries(
      Array.from({ length: random.below(4) }, () => [text(), json(depth + 1)]),
    )
  }
  return {
    text,
    number,
    json: () => json() as Json,
    object: () =>
      (random.chance(0.7)
        ? random.pick(OBJECTS)()
        : random.pick<unknown>([...NO_OBJECTS, json()])) as never,
    mostly: (sound, hostile) => (random.chance(0.6) ? sound : hostile()),
  }
}
