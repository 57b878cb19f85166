import { type StoreFailed, storeFailed } from './errors/store'
import { preview } from './issue'
import { textIssue } from './json'

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
