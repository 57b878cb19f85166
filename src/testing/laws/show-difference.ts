import { inspect, isDeepStrictEqual } from 'node:util'

/** A value in full, on one line, for the report. */
export const show = (value: unknown): string =>
  inspect(value, { depth: null, breakLength: Infinity, sorted: true, maxStringLength: 500 })

/** Whether two values are deeply equal. */
const same = (one: unknown, other: unknown): boolean =>
  isDeepStrictEqual(one, other) ||
  isDeepStrictEqual(withPrototypes(one, []), withPrototypes(other, []))

/**
 * The same value, whose records without a prototype have the usual one: fast-check makes such records, and a store returns
 * the others.
 */
const withPrototypes = (value: unknown, within: ReadonlyArray<unknown>): unknown => {
  if (typeof value !== 'object' || value === null || within.includes(value)) return value
  const inside = [...within, value]
  if (Array.isArray(value)) return value.map((item) => withPrototypes(item, inside))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return value
  const items = Object.entries(value).map(([key, item]) => [key, withPrototypes(item, inside)])
  return { ...value, ...Object.fromEntries(items) }
}

/** How two values that should be equal differ, or `undefined`. */
export const difference = (what: string, one: unknown, other: unknown): string | undefined =>
  same(one, other) ? undefined : `${what}: ${show(one)} is not ${show(other)}`

/** Freezes a value and everything in it, so that a mutation throws. */
export const deepFreeze = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    // A typed array cannot be frozen, and is not JSON either.
    if (!ArrayBuffer.isView(value)) Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
