import * as E from 'fp-ts/Either'
import { plainCopy } from './canonical-json'
import { type StoreFailed, storeFailed } from './errors/store'
import { describeIssues, preview } from './issue'
import { type Json, jsonIssue, textIssue } from './json'
import type { DocumentListRange } from './ports/projection-store'

/** The longest key of a document, in characters: an index has to hold it together with the collection. */
const MAXIMUM_KEY_LENGTH = 512

/**
 * Why `key` is not a valid document key, in words, or `undefined`. At most 512 characters, no NUL, no lone surrogate.
 *
 * @example
 * documentKeyIssue('A1') // undefined
 */
export const documentKeyIssue = (key: string): string | undefined =>
  key.length > MAXIMUM_KEY_LENGTH
    ? `it has ${key.length} characters; the limit is ${MAXIMUM_KEY_LENGTH}`
    : textIssue(key)

/**
 * The error for the first of `keys` that is not a valid document key, or `undefined`: `StoreFailed` with the reason
 * `DataRefused`, the same for every store.
 *
 * @example
 * keyRefusal(['A1', 'A2']) // undefined
 */
export const keyRefusal = (keys: ReadonlyArray<string>): StoreFailed | undefined => {
  for (const key of keys) {
    const issue = documentKeyIssue(key)
    if (issue === undefined) continue
    const text = `${preview(key)} is not a valid document key: ${issue}`
    return storeFailed('DataRefused', 'nothingWritten', key, text)
  }
  return undefined
}

/**
 * The error for the first of `values` that is not storable JSON, or `undefined`: `StoreFailed` with the reason
 * `DataRefused`, the same for every store. `undefined` among the values is skipped: there is no document.
 *
 * @example
 * valueRefusal([{ owner: 'Ada', balance: 50 }]) // undefined
 */
export const valueRefusal = (values: ReadonlyArray<Json | undefined>): StoreFailed | undefined => {
  for (const value of values) {
    const issue = value === undefined ? undefined : jsonIssue(value)
    if (issue === undefined) continue
    const text = `a value cannot be stored: ${describeIssues([issue])}`
    return storeFailed('DataRefused', 'nothingWritten', value, text)
  }
  return undefined
}

/**
 * The error for a range of a list that holds what no store can look for, or `undefined`: `StoreFailed` with the reason
 * `DataRefused`, the same for every store.
 *
 * @example
 * listRefusal({ index: 'byOwner', low: '', high: '~', order: 'ascending', limit: 100 }) // undefined
 */
export const listRefusal = ({
  index,
  low,
  high,
  after,
}: DocumentListRange): StoreFailed | undefined =>
  valueRefusal([index, low, high, after?.sortKey, after?.key])

/**
 * Copies of `values` that give the same whenever they are read, or the error for the first one that is not storable
 * JSON: the same for every store, and also for what throws when it is read.
 */
export const storableCopies = <Value extends Json | undefined>(
  values: ReadonlyArray<Value>,
): E.Either<StoreFailed, ReadonlyArray<Value>> => {
  try {
    const copies = values.map(plainCopy)
    const refused = valueRefusal(copies)
    return refused === undefined ? E.right(copies) : E.left(refused)
  } catch (cause) {
    return E.left(storeFailed('DataRefused', 'nothingWritten', cause))
  }
}
