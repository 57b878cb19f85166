import * as E from 'fp-ts/Either'
import { type Issue, preview } from './issue'

/** What a store can keep: JSON, and nothing that `JSON.stringify` would drop, bend or refuse. */
export type Json =
  string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** A JSON record: the shape of every event's data. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** Nesting beyond this is refused (it is also what stops a value that contains itself). */
export const MAXIMUM_DEPTH = 200

const textIssue = (text: string): string | undefined => {
  if (text.includes('\u0000')) return 'the NUL character cannot be stored as text'
  return text.isWellFormed() ? undefined : 'a lone surrogate is not valid text'
}

const isPlain = (value: object): value is Readonly<Record<string, unknown>> => {
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

// Paths are put together on the way out: nearly every value is fine, and then nothing is.
const find = (value: unknown, depth: number): Found | undefined => {
  if (depth > MAXIMUM_DEPTH) return here(`nested deeper than ${MAXIMUM_DEPTH}, or contains itself`)
  switch (typeof value) {
    case 'boolean':
      return undefined
    case 'string': {
      const message = textIssue(value)
      return message === undefined ? undefined : here(message)
    }
    case 'number':
      return Number.isFinite(value) ? undefined : here(`${value} is not JSON`)
    case 'object':
      if (value === null) return undefined
      return Array.isArray(value) ? findInList(value, depth) : findInRecord(value, depth)
    case 'undefined':
      return here('undefined is not JSON: leave the key out, or use null')
    case 'bigint':
      return here(`the bigint ${preview(value)} is not JSON: encode it as a string`)
    case 'function':
    case 'symbol':
      return here(`${preview(value)} is not JSON`)
  }
}

const findInList = (list: ReadonlyArray<unknown>, depth: number): Found | undefined => {
  for (let index = 0; index < list.length; index++) {
    const found = find(list[index], depth + 1)
    if (found !== undefined) return at(index, found)
  }
  return undefined
}

const findInRecord = (record: object, depth: number): Found | undefined => {
  if (!isPlain(record)) return here('only plain objects are JSON: encode it with a codec')
  for (const key of Object.keys(record)) {
    const message = textIssue(key)
    if (message !== undefined) return at(preview(key), here(`in a key, ${message}`))
    const found = find(record[key], depth + 1)
    if (found !== undefined) return at(key, found)
  }
  return undefined
}

/** The first thing in `value` that is not storable JSON, or `undefined`. */
export const jsonIssue = (value: unknown): Issue | undefined => {
  const found = find(value, 0)
  return found && { path: found.keys.join('.'), message: found.message }
}

const isJson = (value: unknown): value is Json => find(value, 0) === undefined
/** Whether `value` is an object, and not a list. */
export const isRecord = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `value` as storable JSON of any kind, or the first thing in it that is not. */
export const toJson = (value: unknown): E.Either<ReadonlyArray<Issue>, Json> =>
  isJson(value) ? E.right(value) : E.left([jsonIssue(value)].filter((issue) => issue !== undefined))

/** `value` as a storable JSON record, or the first thing in it that is not. */
export const toJsonObject = (value: unknown): E.Either<ReadonlyArray<Issue>, JsonObject> => {
  const json = toJson(value)
  if (E.isLeft(json)) return json
  return isRecord(json.right)
    ? E.right(json.right)
    : E.left([{ path: '', message: `expected an object, got ${preview(value)}` }])
}

/**
 * How big `value` is, without writing it out: the length of every string and key, plus 8 for every
 * other value. Close to the characters of its JSON, and the same on every store.
 */
export const jsonSize = (value: unknown): number => {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  let size = 8
  if (Array.isArray(value)) {
    for (const item of value) size += jsonSize(item)
    return size
  }
  for (const [key, item] of Object.entries(value)) size += key.length + jsonSize(item)
  return size
}
