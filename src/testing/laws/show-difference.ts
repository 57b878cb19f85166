import { inspect, isDeepStrictEqual } from 'node:util'

/** A value in full, on one line, for the report. */
export const show = (value: unknown): string =>
  inspect(value, { depth: null, breakLength: Infinity, sorted: true, maxStringLength: 500 })

/** Whether two values are deeply equal. */
const same = (one: unknown, other: unknown): boolean => isDeepStrictEqual(one, other)

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
