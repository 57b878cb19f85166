import * as E from 'fp-ts/Either'
import { plainCopy } from './canonical-json'
import { type StoreFailed, storeFailed } from './errors/store'
import { describeIssues, preview } from './issue'
import { type Json, jsonIssue, textIssue } from './json'
import type { DocumentListRange } from './ports/projection-store'

/** The longest key of a document, in characters: an index has to hold it together with the collection. */
const MAXIMUM_KEY_LENGTH = 512

/** Why `key` is not a valid document key, or `undefined`. */
export const documentKeyIssue = (key: string): string | undefined =>
  key.length > MAXIMUM_KEY_LENGTH
    ? `it has ${key.length} characters; the limit is ${MAXIMUM_KEY_LENGTH}`
    : textIssue(key)

/** The error for the first of `keys` that is not a valid document key, the same for every store; or `undefined`. */
export const keyRefusal = (keys: ReadonlyArray<string>): StoreFailed | undefined => {
  for (const key of keys) {
    const issue = documentKeyIssue(key)
    if (issue === undefined) continue
    const text = `${preview(key)} is not a valid document key: ${issue}`
    return storeFailed('DataRefused', 'nothingWritten', key, text)
  }
  return undefined
}

/** The error for the first of `values` that is not storable JSON, the same for every store; or `undefined`. */
export const valueRefusal = (values: ReadonlyArray<Json | undefined>): StoreFailed | undefined => {
  for (const value of values) {
    const issue = value === undefined ? undefined : jsonIssue(value)
    if (issue === undefined) continue
    const text = `a value cannot be stored: ${describeIssues([issue])}`
    return storeFailed('DataRefused', 'nothingWritten', value, text)
  }
  return undefined
}

/** The error for a range of a list that no store can look for, the same for every store; or `undefined`. */
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
