import * as E from 'fp-ts/Either'
import { type DocumentIndexes, type ListFilter, sortRange } from '../../core/document-index'
import { valueRefusal } from '../../core/document-key'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import { preview } from '../../core/issue'
import { setting } from '../../core/setting'
import type { DocumentListRange, ListPlace } from '../../core/ports/projection-store'
import { fromBase64Url, toBase64Url } from '../../platform/node'

/** Which documents of a list, and how many. Every key is optional. */
export interface ListOptions extends ListFilter {
  /** Default `ascending`. */
  readonly order?: 'ascending' | 'descending'
  /** The `next` of the page before. Omitted: from the start. */
  readonly after?: string
  /** Documents at most in this page. 1 to 10,000. Default 100. */
  readonly limit?: number
}

const refused = (text: string): E.Either<StoreFailed, never> =>
  E.left(storeFailed('DataRefused', 'nothingWritten', undefined, text))

/** A place as text for the outside: it says nothing, and goes on in the same list only. */
export const cursorOf = (index: string, { sortKey, key }: ListPlace): string =>
  toBase64Url(JSON.stringify([index, sortKey, key]))

const placeIn = (index: string, cursor: string): ListPlace | undefined => {
  try {
    const parts: unknown = JSON.parse(fromBase64Url(cursor))
    if (!Array.isArray(parts) || parts.length !== 3 || parts[0] !== index) return undefined
    const [sortKey, key] = [parts[1] as unknown, parts[2] as unknown]
    const isPlace = typeof sortKey === 'string' && typeof key === 'string'
    return isPlace && valueRefusal([sortKey, key]) === undefined ? { sortKey, key } : undefined
  } catch {
    return undefined
  }
}

/** What the store is asked for; a `StoreFailed` (`DataRefused`) if the projection has no such list. */
export const listRange = (
  projection: string,
  indexes: DocumentIndexes,
  index: string,
  { order = 'ascending', after, limit = 100, ...filter }: ListOptions,
): E.Either<StoreFailed, DocumentListRange> => {
  const fields = Object.hasOwn(indexes, index) ? indexes[index] : undefined
  if (fields === undefined) return refused(`${projection} declares no index ${preview(index)}`)
  const invalid = valueRefusal([filter.where, filter.from, filter.to, after])
  if (invalid !== undefined) return E.left(invalid)
  const range = sortRange(fields, filter)
  if (typeof range === 'string') return refused(`the index ${index} of ${projection}: ${range}`)
  const start = { index, ...range, order, limit: setting(limit, 100, 1, 10_000) }
  if (after === undefined) return E.right(start)
  const place = placeIn(index, after)
  return place === undefined
    ? refused(`${preview(after)} is no place in the index ${index} of ${projection}`)
    : E.right({ ...start, after: place })
}
