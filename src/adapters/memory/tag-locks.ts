import * as E from 'fp-ts/Either'
import type { AppendTogetherRequest } from '../../core/append-together'
import { type StoreFailed, storeFailed } from '../../core/errors/store'
import { documentLocks } from './locks'

/** Waits for tags, and then works; they are locked until the transaction ends. */
export type LockTags = <Failure, Value>(
  tags: ReadonlyArray<string>,
  work: () => Promise<E.Either<Failure, Value>>,
) => Promise<E.Either<Failure | StoreFailed, Value>>

/** The tags that an append locks: those that it writes, and one of each item of its condition. */
export const tagsToLock = ({
  streams,
  condition,
}: AppendTogetherRequest): ReadonlyArray<string> => [
  ...new Set([
    ...streams.flatMap(({ events }) => events.flatMap(({ tags }) => tags ?? [])),
    ...(condition?.query ?? []).map(({ tags: [tag] }) => tag),
  ]),
]

/** Transactions in which tags can be locked. Writers of the same tag take turns here, which no caller can tell. */
export const tagLocks = () => {
  const begin = documentLocks()
  return async <Result>(work: (lock: LockTags) => Promise<Result>): Promise<Result> => {
    const locks = begin()
    try {
      return await work(async (tags, locked) =>
        tags.length === 0 || (await locks.take(tags))
          ? locked()
          : E.left(storeFailed('TransactionRefused', 'nothingWritten', undefined, 'a deadlock')),
      )
    } finally {
      locks.release()
    }
  }
}
