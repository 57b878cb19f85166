import { byCodePoints, bytesOf } from './code-points'
import { isPlain, MAXIMUM_DEPTH } from './json'

/** The order in which the keys of a record are kept: shorter ones first, in bytes of UTF-8, then by bytes. */
export const byKeyOrder = (left: string, right: string): number =>
  bytesOf(left) - bytesOf(right) || byCodePoints(left, right)

type KeysOf = (record: object) => ReadonlyArray<string>

/** From here on down it is worth a look whether a value goes in circles: hardly any is nested so deeply. */
const DEEP = 8

const copied = (
  value: unknown,
  depth: number,
  keysOf: KeysOf,
  around?: ReadonlySet<unknown>,
): unknown => {
  if (typeof value === 'number') return value === 0 ? 0 : value // -0 is written as 0
  if (typeof value !== 'object' || value === null || depth > MAXIMUM_DEPTH) return value
  if (around?.has(value) === true) return value // it is within itself, so it is not JSON
  const outer = depth < DEEP ? undefined : new Set(around).add(value)
  if (!Array.isArray(value))
    return isPlain(value) ? copiedRecord(value, depth, keysOf, outer) : value
  const copy: unknown[] = []
  for (let index = 0; index < value.length; index++) {
    copy.push(copied(value[index], depth + 1, keysOf, outer))
  }
  return copy
}

const copiedRecord = (
  record: Readonly<Record<string, unknown>>,
  depth: number,
  keysOf: KeysOf,
  around: ReadonlySet<unknown> | undefined,
): object => {
  const copy: Record<string, unknown> = {}
  for (const key of keysOf(record)) {
    const value = copied(record[key], depth + 1, keysOf, around)
    if (key === '__proto__') {
      // An assignment would set the prototype, and the key would be lost.
      const writable = { configurable: true, enumerable: true, writable: true }
      Object.defineProperty(copy, key, { ...writable, value })
    } else copy[key] = value
  }
  return copy
}

/** Whether the keys of every record in `value` are in order. */
export const isInKeyOrder = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isInKeyOrder)
  const keys = Object.keys(value)
  return (
    keys.every((key, index) => index === 0 || byKeyOrder(keys[index - 1] ?? '', key) < 0) &&
    Object.values(value).every(isInKeyOrder)
  )
}

/** A copy of `value` of plain records and lists that no caller holds. What is not JSON is left as it is. */
export const plainCopy = <Value>(value: Value): Value => copied(value, 0, Object.keys) as Value

/**
 * A copy of `value` as every store gives it back: plain records and lists that no caller holds, the keys
 * of every record in one order (PostgreSQL's), and no -0. What is not JSON is left as it is: `jsonIssue`
 * names it.
 */
export const canonicalJson = <Value>(value: Value): Value =>
  copied(value, 0, (record) => Object.keys(record).sort(byKeyOrder)) as Value
