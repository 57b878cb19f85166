import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { keyRefusal, valueRefusal } from '../../core/document-key'
import { type StoreFailed, storeFailed } from '../../core/errors/store'
import { isRecord, type Json } from '../../core/json'
import type {
  Document,
  ProjectionBuild,
  Projections,
  TransactionDocuments,
} from '../../core/ports/projection-store'
import type { Position } from '../../core/stream'
import type { MemoryDocuments, MemoryTransaction } from './documents'
import { readSideOf, reachedIn } from './read-side-state'

/** Where the revisions of guarded writes are kept: deleted documents have one too. */
const revisionsOf = (collection: string): string => `${collection}/revisions`

const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const contains = (value: Json | undefined, part: Json): boolean => {
  if (isList(part)) {
    return isList(value) && part.every((one) => value.some((other) => contains(other, one)))
  }
  if (!isRecord(part)) return value === part
  return (
    isRecord(value) && Object.entries(part).every(([key, inner]) => contains(value[key], inner))
  )
}

const byCodePoints = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right))

type Within = <Result>(work: (transaction: MemoryTransaction) => Result) => Result

const DEADLOCK = 'the transaction and another one wait for each other: try again'

const documentsOn = (
  within: Within,
  alias: (name: string) => string,
): Omit<TransactionDocuments, 'lock'> => {
  const read = (
    transaction: MemoryTransaction,
    name: string,
    key: string,
  ): Document | undefined => {
    const collection = alias(name)
    const value = transaction.get(collection, key)
    const revision = Number(transaction.get(revisionsOf(collection), key) ?? 0)
    return value === undefined ? undefined : { key, value, revision }
  }
  const now = <Result>(
    work: (transaction: MemoryTransaction) => Result,
  ): TE.TaskEither<never, Result> => TE.fromIO(() => within(work))

  /** Keys that PostgreSQL would refuse are refused here, too. */
  const about = <Result>(
    keys: ReadonlyArray<string>,
    work: (transaction: MemoryTransaction) => Result,
    values: ReadonlyArray<Json | undefined> = [],
  ): TE.TaskEither<StoreFailed, Result> => {
    const refused = keyRefusal(keys) ?? valueRefusal(values)
    return refused === undefined ? now(work) : TE.left(refused)
  }

  return {
    get: (name, key) => about([key], (transaction) => read(transaction, name, key)),
    some: (name, keys) =>
      about(keys, (transaction) =>
        [...new Set(keys)].flatMap((key) => read(transaction, name, key) ?? []),
      ),
    all: (name, { after, limit, where }) =>
      now((transaction) => {
        const found = transaction
          .all(alias(name))
          .filter(
            ({ key, value }) =>
              byCodePoints(key, after) > 0 && (where === undefined || contains(value, where)),
          )
          .sort((left, right) => byCodePoints(left.key, right.key))
          .slice(0, limit)
          .flatMap(({ key }) => read(transaction, name, key) ?? [])
        return { documents: found, more: found.length === limit }
      }),
    put: (collection, key, value) =>
      about([key], (transaction) => transaction.put(collection, key, value), [value]),
    delete: (collection, key) => about([key], (transaction) => transaction.delete(collection, key)),
    write: (collection, writes) =>
      about(
        writes.map(({ key }) => key),
        (transaction) => {
          for (const { key, value } of writes) {
            if (value === undefined) transaction.delete(collection, key)
            else transaction.put(collection, key, value)
          }
        },
        writes.map(({ value }) => value),
      ),
    putNewer: (collection, key, value, revision) =>
      about(
        [key],
        (transaction) => {
          const revisions = revisionsOf(collection)
          if (revision <= Number(transaction.get(revisions, key) ?? -1)) return false
          transaction.put(revisions, key, revision)
          if (value === undefined) transaction.delete(collection, key)
          else transaction.put(collection, key, value)
          return true
        },
        [value],
      ),
  }
}

const isLater = (build: ProjectionBuild, than: ProjectionBuild): boolean =>
  build.version > than.version || (build.version === than.version && build.build > than.build)

/** Read models in the memory of one process, over `documents`. */
export const memoryProjections = (documents: MemoryDocuments): Projections<MemoryTransaction> => {
  const { builds, subscriptions } = readSideOf(documents)
  const alias = (name: string): string => builds.get(name)?.collection ?? name
  const positionOf = ({ collection }: ProjectionBuild): Position =>
    reachedIn(subscriptions, collection) ?? 0
  const mayFollow = (build: ProjectionBuild, before: ProjectionBuild): boolean =>
    isLater(build, before) && positionOf(build) >= positionOf(before)
  const alone: Within = (work) => {
    const open = documents.begin()
    const result = work(open.transaction)
    open.commit()
    return result
  }

  return {
    ...documentsOn(alone, alias),
    inTransaction: (transaction) => ({
      ...documentsOn((work) => work(transaction), alias),
      lock: (collection, keys) => async () =>
        (await transaction.lock(alias(collection), keys))
          ? E.right(undefined)
          : E.left(storeFailed('TransactionRefused', 'nothingWritten', undefined, DEADLOCK)),
    }),
    active: (projection) => TE.fromIO(() => builds.get(projection)),
    activate: (projection, build) =>
      TE.fromIO(() => {
        const before = builds.get(projection)
        const now = before === undefined || mayFollow(build, before) ? build : before
        builds.set(projection, now)
        return now
      }),
    clear: (collection, limit) =>
      TE.fromIO(() =>
        alone((transaction) => {
          // A deleted document has left a revision.
          const keys = [collection, revisionsOf(collection)].flatMap((name) =>
            transaction.all(name).map(({ key }) => key),
          )
          const some = [...new Set(keys)].slice(0, limit)
          for (const key of some) {
            transaction.delete(collection, key)
            transaction.delete(revisionsOf(collection), key)
          }
          return some.length
        }),
      ),
  }
}
