import { type StoreFailed, storeFailed } from './errors/store'
import { describeIssues, preview } from './issue'
import { type Json, jsonIssue, textIssue } from './json'

/** Characters of a document's key, at most: an index must hold it, together with the collection. */
const MAXIMUM_KEY_LENGTH = 512

/** Why `key` cannot be the key of a document, or `undefined`. */
export const documentKeyIssue = (key: string): string | undefined =>
  key.length > MAXIMUM_KEY_LENGTH
    ? `it has ${key.length} characters, and at most ${MAXIMUM_KEY_LENGTH} are allowed`
    : textIssue(key)

/** What a store answers when one of `keys` cannot be the key of a document: the same on every store. */
export const keyRefusal = (keys: ReadonlyArray<string>): StoreFailed | undefined => {
  for (const key of keys) {
    const issue = documentKeyIssue(key)
    if (issue === undefined) continue
    const text = `${preview(key)} cannot be the key of a document: ${issue}`
    return storeFailed('DataRefused', 'nothingWritten', key, text)
  }
  return undefined
}

/** What a store answers when one of `values` is not JSON that every store can keep. */
export const valueRefusal = (values: ReadonlyArray<Json | undefined>): StoreFailed | undefined => {
  for (const value of values) {
    const issue = value === undefined ? undefined : jsonIssue(value)
    if (issue === undefined) continue
    const text = `a document cannot be stored: ${describeIssues([issue])}`
    return storeFailed('DataRefused', 'nothingWritten', value, text)
  }
  return undefined
}
