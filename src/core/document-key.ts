import { type StoreFailed, storeFailed } from './errors/store'
import { describeIssues, preview } from './issue'
import { type Json, jsonIssue, textIssue } from './json'

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
    const text = `a document cannot be stored: ${describeIssues([issue])}`
    return storeFailed('DataRefused', 'nothingWritten', value, text)
  }
  return undefined
}
