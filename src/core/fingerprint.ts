import { isPlain, MAXIMUM_DEPTH } from './json'

/**
 * JSON as text that is the same for every order of its keys; `undefined` if some of it is not JSON. A key
 * without a value counts as left out. Not JSON itself: the lengths of strings save the escaping.
 */
const textOf = (value: unknown, depth: number): string | undefined => {
  switch (typeof value) {
    case 'string':
      return `${value.length}:${value}`
    case 'boolean':
      return value ? 't' : 'f'
    case 'number':
      return Number.isFinite(value) ? `n${value}` : undefined
    case 'object':
      if (value === null) return '-'
      if (depth > MAXIMUM_DEPTH) return undefined
      return Array.isArray(value) ? listText(value, depth + 1) : recordText(value, depth + 1)
    case 'undefined':
    case 'bigint':
    case 'function':
    case 'symbol':
      return undefined
  }
}

const listText = (list: ReadonlyArray<unknown>, depth: number): string | undefined => {
  let text = '['
  for (let index = 0; index < list.length; index++) {
    const item = textOf(list[index], depth)
    if (item === undefined) return undefined
    text += `${item},`
  }
  return `${text}]`
}

const recordText = (record: object, depth: number): string | undefined => {
  if (!isPlain(record)) return undefined
  let text = '{'
  for (const key of Object.keys(record).sort()) {
    const value = record[key]
    if (value === undefined) continue
    const inner = textOf(value, depth)
    if (inner === undefined) return undefined
    text += `${key.length}:${key}${inner},`
  }
  return `${text}}`
}

/** Whether two values are the same JSON, whatever the order of their keys. What is not JSON is never the same. */
export const isSameJson = (one: unknown, other: unknown): boolean => {
  const text = textOf(one, 0)
  return text !== undefined && text === textOf(other, 0)
}

/** Source: A. Appleby, MurmurHash3, `fmix32`. */
const mixed = (hash: number): number => {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
}

const hex = (hash: number): string => hash.toString(16).padStart(8, '0')

/**
 * 64 bits that distinguish one JSON value from another, whatever the order of its keys: not against anyone
 * who makes two values alike on purpose. Values that are not JSON have none: `undefined`.
 *
 * It is stored, so what it gives must never change.
 */
export const fingerprintOf = (value: unknown): string | undefined => {
  const text = textOf(value, 0)
  if (text === undefined) return undefined
  // Two FNV-1a hashes with multipliers of their own, since one alone has 32 bits.
  let [left, right] = [0x811c9dc5, 0x9747b28c]
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    left = Math.imul(left ^ unit, 0x01000193)
    right = Math.imul(right ^ unit, 0x5bd1e995)
    right ^= right >>> 15
  }
  return hex(mixed(left ^ text.length)) + hex(mixed(right ^ left))
}
