import { MAXIMUM_DEPTH, type Json } from '../core/json'
import { preview } from '../core/issue'
import { catching } from '../shell/catching'

const keyOf = (key: unknown): string => (typeof key === 'string' ? key : preview(key))

const plainOf = (value: unknown, depth: number): Json => {
  if (depth > MAXIMUM_DEPTH) return '(nested too deeply)'
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'bigint':
      return `${value}n`
    case 'undefined':
    case 'function':
    case 'symbol':
      return `(${typeof value})`
    case 'object':
      return value === null ? null : plainObject(value, depth + 1)
  }
}

const plainObject = (value: object, depth: number): Json => {
  if (Array.isArray(value)) return value.map((item) => plainOf(item, depth))
  if (value instanceof Set) return [...value].map((item) => plainOf(item, depth))
  if (value instanceof Date) return preview(value)
  const entries: ReadonlyArray<readonly [unknown, unknown]> =
    value instanceof Map ? [...value] : Object.entries(value)
  return Object.fromEntries(
    entries
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [keyOf(key), plainOf(item, depth)]),
  )
}

/**
 * Any value as JSON that can be shown: a map becomes a record, a set a list, and what JSON has no word for text. Never
 * throws: a value that cannot be read is text that says so.
 */
export const plain = (value: unknown): Json => {
  const made = catching(() => plainOf(value, 0))
  return made._tag === 'Right' ? made.right : `(cannot be read: ${preview(made.left)})`
}
