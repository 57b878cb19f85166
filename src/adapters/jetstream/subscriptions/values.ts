import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { canonicalJson } from '../../../core/canonical-json'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import { type Json, toJson } from '../../../core/json'
import { deadlineOf } from '../link'
import { encodeToken } from '../subjects'
import { type Bucket, type Change, MOST_CHANGES, readEntry } from './bucket'

/** What a step writes together with its checkpoint: values of the same bucket, all of them or none. */
export interface KvTransaction {
  /**
   * Sets the value of a key: text of 1 to 255 characters. The last one for a key stands. At most 990 keys in a transaction.
   *
   * Fails with `StoreFailed`, reason `DataRefused`: the key or the value cannot be stored, or there are too many.
   */
  readonly put: (key: string, value: Json) => TaskEither<StoreFailed, void>
}

/** The values that transactions have written. */
export interface KvValues {
  /** The value of a key, or `undefined`: it was never set. Fails with `StoreFailed`. */
  readonly get: (key: string) => TaskEither<StoreFailed, Json | undefined>
}

const LONGEST_KEY = 255
/** What is left for the checkpoint, and the reason of a held stream. */
const MOST_VALUES = MOST_CHANGES - 10

const keyProblem = (key: string): string | undefined => {
  if (key.length < 1 || key.length > LONGEST_KEY) return `a key has 1 to ${LONGEST_KEY} characters`
  return key.isWellFormed() ? undefined : 'a key cannot contain a lone surrogate'
}

const refused = (why: string): E.Either<StoreFailed, never> =>
  E.left(storeFailed('DataRefused', 'nothingWritten', new Error(why), why))

const keyOfValue = (key: string): string => `value.${encodeToken(key)}`

/** A transaction, and the changes that it is so far. */
export const beginTransaction = (): {
  readonly transaction: KvTransaction
  readonly changes: () => ReadonlyArray<Change>
} => {
  const values = new Map<string, string>()
  const put = (key: string, value: Json): E.Either<StoreFailed, void> => {
    const problem = keyProblem(key)
    if (problem !== undefined) return refused(problem)
    const json = toJson(value)
    if (E.isLeft(json))
      return refused(`the value of ${key}: ${json.left[0]?.message ?? 'is no JSON'}`)
    if (values.size >= MOST_VALUES && !values.has(key))
      return refused(`more than ${MOST_VALUES} keys`)
    values.set(key, JSON.stringify(canonicalJson(json.right)))
    return E.right(undefined)
  }
  return {
    transaction: { put: (key, value) => () => Promise.resolve(put(key, value)) },
    changes: () =>
      [...values].map(([key, text]) => ({ key: keyOfValue(key), text, expected: undefined })),
  }
}

/** The values of a bucket. */
export const valuesIn = (bucket: Bucket): KvValues => ({
  get: (key) => async () => {
    if (keyProblem(key) !== undefined) return E.right(undefined)
    const found = await readEntry(bucket, keyOfValue(key), deadlineOf(bucket))
    if (E.isLeft(found)) return found
    const { text } = found.right
    return E.right(text === undefined ? undefined : (JSON.parse(text) as Json))
  },
})
