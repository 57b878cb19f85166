import * as E from 'fp-ts/Either'
import { type Issue, preview } from './issue'
import { owns, propertyOf } from './owns'
import { personalIn } from './personal-value'

/** What a store can keep: JSON, without anything that `JSON.stringify` would drop, alter or reject. */
export type Json =
  string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** A JSON record: the shape of every event's data. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** Deeper nesting is rejected. This also stops on a value that contains itself. */
export const MAXIMUM_DEPTH = 200

/** Why `text` cannot be stored, or `undefined`. */
export const textIssue = (text: string): string | undefined => {
  if (text.includes('\u0000')) return 'text cannot contain the NUL character'
  return text.isWellFormed() ? undefined : 'text cannot contain a lone surrogate'
}

export const isPlain = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

interface Found {
  readonly keys: ReadonlyArray<string | number>
  readonly message: string
}

const here = (message: string): Found => ({ keys: [], message })
const at = (key: string | number, { keys, message }: Found): Found => ({
  keys: [key, ...keys],
  message,
})

// The size of `value`, counted as by `jsonSize`, or its first problem. The path is built only for a
// problem, on the way out of the recursion: nearly every value is valid.
const measure = (value: unknown, depth: number): number | Found => {
  if (depth > MAXIMUM_DEPTH) {
    return here(`nested deeper than ${MAXIMUM_DEPTH} levels, or contains itself`)
  }
  switch (typeof value) {
    case 'boolean':
      return 8
    case 'string': {
      const message = textIssue(value)
      return message === undefined ? value.length || 1 : here(message)
    }
    case 'number':
      return Number.isFinite(value) ? 8 : here(`${value} is not JSON`)
    case 'object':
      if (value === null) return 8
      return Array.isArray(value) ? measureList(value, depth) : measureRecord(value, depth)
    case 'undefined':
      return here('undefined is not JSON: omit the key, or use null')
    case 'bigint':
      return here(`the bigint ${preview(value)} is not JSON: encode it as a string`)
    case 'function':
    case 'symbol':
      return here(`${preview(value)} is not JSON`)
  }
}

const measureList = (list: ReadonlyArray<unknown>, depth: number): number | Found => {
  let size = 8
  for (let index = 0; index < list.length; index++) {
    const item = measure(list[index], depth + 1)
    if (typeof item !== 'number') return at(index, item)
    size += item
  }
  return size
}

const notPlain = (value: object): string =>
  personalIn(value) === undefined
    ? 'not a plain object: encode it with a codec'
    : 'it is personal data, and this backend was opened without `personalData`'

const measureRecord = (record: object, depth: number): number | Found => {
  if (!isPlain(record)) return here(notPlain(record))
  let size = 8
  for (const key in record) {
    if (!owns(record, key)) continue
    const message = textIssue(key)
    if (message !== undefined) return at(preview(key), here(`in a key, ${message}`))
    const item = measure(record[key], depth + 1)
    if (typeof item !== 'number') return at(key, item)
    size += key.length + item
  }
  return size
}

/** The size of `value`, see {@link jsonSize}, or the first part of it that is not storable JSON. */
export const measureJson = (value: unknown): number | Issue => {
  try {
    const measured = measure(value, 0)
    return typeof measured === 'number'
      ? measured
      : { path: measured.keys.join('.'), message: measured.message }
  } catch (cause) {
    // A getter, or a trap of a proxy.
    return { path: '', message: `it cannot be read: ${preview(cause)}` }
  }
}

/**
 * The first part of `value` that is not storable JSON, and where it is, or `undefined`. Never throws.
 *
 * @example
 * jsonIssue({ amount: NaN }) // { path: 'amount', message: 'NaN is not JSON' }
 */
export const jsonIssue = (value: unknown): Issue | undefined => {
  const measured = measureJson(value)
  return typeof measured === 'number' ? undefined : measured
}

const isJson = (value: unknown): value is Json => typeof measureJson(value) === 'number'

/** Whether `value` is an object and not an array. */
export const isRecord = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `value` as storable JSON of any kind, or the first part of it that is not. */
export const toJson = (value: unknown): E.Either<ReadonlyArray<Issue>, Json> =>
  isJson(value) ? E.right(value) : E.left([jsonIssue(value)].filter((issue) => issue !== undefined))

/** `value` as a storable JSON record, or the first part of it that is not. */
export const toJsonObject = (value: unknown): E.Either<ReadonlyArray<Issue>, JsonObject> => {
  const json = toJson(value)
  if (E.isLeft(json)) return json
  return isRecord(json.right)
    ? E.right(json.right)
    : E.left([{ path: '', message: `expected an object, got ${preview(value)}` }])
}

/**
 * The size of `value`, without serialising it, in UTF-16 code units: the length of every string and key (an empty string
 * counts 1), plus 8 for every other value. Close to the length of its JSON, and the same for every store.
 *
 * @example
 * jsonSize({ owner: 'Ada' }) // 16
 */
export const jsonSize = (value: unknown): number => {
  if (typeof value === 'string') return value.length || 1
  if (typeof value !== 'object' || value === null) return 8
  let size = 8
  if (Array.isArray(value)) {
    for (const item of value) size += jsonSize(item)
    return size
  }
  for (const key in value)
    if (owns(value, key)) size += key.length + jsonSize(propertyOf(value, key))
  return size
}
