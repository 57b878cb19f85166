import { inspect, isDeepStrictEqual } from 'node:util'

/** A value in full, on one line, for a report. */
export const show = (value: unknown): string =>
  inspect(value, { depth: null, breakLength: Infinity, sorted: true, maxStringLength: 500 })

/** Whether two values look the same in every depth. */
const same = (one: unknown, other: unknown): boolean => isDeepStrictEqual(one, other)

/** The difference between what should be equal, or `undefined`. */
export const difference = (what: string, one: unknown, other: unknown): string | undefined =>
  same(one, other) ? undefined : `${what}: ${show(one)} is not ${show(other)}`

/** Freezes a value and everything in it: whoever changes it then throws. */
export const deepFreeze = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    // An array of bytes cannot be frozen, and is not JSON either.
    if (!ArrayBuffer.isView(value)) Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
