import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { byCodePoints } from '../../core/code-points'
import { projectionRolledBack } from '../../core/errors/projection'
import { keyRefusal, listRefusal, storableCopies } from '../../core/document-key'
import { type StoreFailed, storeFailed } from '../../core/errors/store'
import { isRecord, type Json } from '../../core/json'
import type {
  ListPlace,
  ReadModelDocument,
  OfVersion,
  Projections,
  ProjectionStore,
  TransactionDocuments,
} from '../../core/ports/projection-store'
import { memoryBuilds } from './builds'
import type { MemoryDocuments, MemoryTransaction } from './documents'
import { readSideOf } from './read-side-state'

/** Where the revisions of guarded writes are stored: deleted documents have one too. */
const revisionsOf = (collection: string): string => `${collection}/revisions`

/** Where the places of documents in lists are stored. */
const placesIn = (collection: string): string => `${collection}/places`

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

/** The order of a list: by sort key, then by key. */
const byPlace = (left: ListPlace, right: ListPlace): number =>
  byCodePoints(left.sortKey, right.sortKey) || byCodePoints(left.key, right.key)

type Within = <Result>(work: (transaction: MemoryTransaction) => Result) => Result

const DEADLOCK = 'deadlock with another transaction: retry'

const documentsOn = (
  within: Within,
  alias: (name: string) => string,
): Omit<TransactionDocuments, 'lock'> => {
  const read = (
    transaction: MemoryTransaction,
    name: string,
    key: string,
  ): ReadModelDocument | undefined => {
    const collection = alias(name)
    const value = transaction.get(collection, key)
    const revision = Number(transaction.get(revisionsOf(collection), key) ?? 0)
    return value === undefined ? undefined : { key, value, revision }
  }
  const now = <Result>(
    work: (transaction: MemoryTransaction) => Result,
  ): TE.TaskEither<never, Result> => TE.fromIO(() => within(work))

  /** Rejects the keys and values that PostgreSQL would reject. */
  const about = <Result>(
    keys: ReadonlyArray<string>,
    work: (transaction: MemoryTransaction, copies: ReadonlyArray<Json | undefined>) => Result,
    values: ReadonlyArray<Json | undefined> = [],
  ): TE.TaskEither<StoreFailed, Result> => {
    const rejected = keyRefusal(keys)
    if (rejected !== undefined) return TE.left(rejected)
    const copies = storableCopies(values)
    return E.isLeft(copies)
      ? TE.left(copies.left)
      : now((transaction) => work(transaction, copies.right))
  }

  const write: ProjectionStore['write'] = (collection, writes) =>
    about(
      writes.map(({ key }) => key),
      (transaction, copies) => {
        for (const [index, { key }] of writes.entries()) {
          const copy = copies[index]
          if (copy === undefined) {
            transaction.delete(collection, key)
            transaction.delete(placesIn(collection), key)
          } else {
            transaction.put(collection, key, copy)
            const places = copies[writes.length + index]
            if (places !== undefined) transaction.put(placesIn(collection), key, places)
          }
        }
      },
      [...writes.map(({ value }) => value), ...writes.map(({ places }) => places)],
    )

  return {
    get: (name, key) => about([key], (transaction) => read(transaction, name, key)),
    getMany: (name, keys) =>
      about(keys, (transaction) =>
        [...new Set(keys)].flatMap((key) => read(transaction, name, key) ?? []),
      ),
    all: (name, { after, limit, where }) =>
      about(
        [],
        (transaction, [condition]) => {
          const found = transaction
            .all(alias(name))
            .filter(
              ({ key, value }) =>
                byCodePoints(key, after) > 0 &&
                (condition === undefined || contains(value, condition)),
            )
            .sort((left, right) => byCodePoints(left.key, right.key))
            .slice(0, limit)
            .flatMap(({ key }) => read(transaction, name, key) ?? [])
          return { documents: found, more: found.length === limit }
        },
        [where],
      ),
    list: (name, range) => {
      const rejected = listRefusal(range)
      if (rejected !== undefined) return TE.left(rejected)
      const { index, low, high, order, after, limit } = range
      return now((transaction) => {
        const collection = alias(name)
        const direction = order === 'ascending' ? 1 : -1
        const documents = transaction
          .all(placesIn(collection))
          .flatMap(({ key, value: places }) => {
            const sortKey = isRecord(places) ? places[index] : undefined
            return typeof sortKey === 'string' ? { key, sortKey } : []
          })
          .filter(
            (place) =>
              byCodePoints(place.sortKey, low) >= 0 &&
              byCodePoints(place.sortKey, high) < 0 &&
              (after === undefined || byPlace(place, after) * direction > 0),
          )
          .sort((left, right) => byPlace(left, right) * direction)
          .slice(0, limit)
          .flatMap((place) => {
            const document = read(transaction, name, place.key)
            return document === undefined ? [] : { ...document, ...place }
          })
        return { documents, more: documents.length === limit }
      })
    },
    put: (collection, key, value) => write(collection, [{ key, value }]),
    delete: (collection, key) => write(collection, [{ key }]),
    write,
    putIfNewer: (collection, key, value, revision) =>
      about(
        [key],
        (transaction, [copy]) => {
          const revisions = revisionsOf(collection)
          if (revision <= Number(transaction.get(revisions, key) ?? -1)) return false
          transaction.put(revisions, key, revision)
          if (copy === undefined) {
            transaction.delete(collection, key)
            transaction.delete(placesIn(collection), key)
          } else transaction.put(collection, key, copy)
          return true
        },
        [value],
      ),
  }
}

/**
 * Read models in the memory of one process, over `documents`.
 *
 * @param now - the store's clock, in milliseconds.
 */
export const memoryProjections = (
  documents: MemoryDocuments,
  now: () => number,
): Projections<MemoryTransaction> => {
  const builds = memoryBuilds(readSideOf(documents), now)
  const alias = (name: string): string => builds.active(name)?.collection ?? name
  const alone: Within = (work) => {
    const open = documents.begin()
    const result = work(open.transaction)
    open.commit()
    return result
  }
  const committed = documentsOn(alone, alias)
  const deleteSome = (collections: ReadonlyArray<string>, limit: number): number =>
    alone((transaction) => {
      // A deleted document has left a revision.
      const keys = collections.flatMap((collection) =>
        [
          ...new Set(
            [collection, revisionsOf(collection)].flatMap((name) =>
              transaction.all(name).map(({ key }) => key),
            ),
          ),
        ].map((key) => ({ collection, key })),
      )
      const some = keys.slice(0, limit)
      for (const { collection, key } of some) {
        transaction.delete(collection, key)
        transaction.delete(revisionsOf(collection), key)
        transaction.delete(placesIn(collection), key)
      }
      return some.length
    })
  const ofVersion = <Found>(
    projection: string,
    version: number,
    read: (collection: string) => TE.TaskEither<StoreFailed, Found>,
  ): TE.TaskEither<StoreFailed, OfVersion<Found>> => {
    const active = builds.active(projection)
    const build = builds.ofVersion(projection, version)
    if (active !== undefined && build === undefined) return TE.right({ _tag: 'NoBuild', active })
    return pipe(
      read(build?.collection ?? projection),
      TE.map((found) => ({ _tag: 'Found', ...(build === undefined ? {} : { build }), found })),
    )
  }

  return {
    ...committed,
    inTransaction: (transaction) => ({
      ...documentsOn((work) => work(transaction), alias),
      lock: (collection, keys) => async () =>
        (await transaction.lock(alias(collection), keys))
          ? E.right(undefined)
          : E.left(storeFailed('TransactionRefused', 'nothingWritten', undefined, DEADLOCK)),
    }),
    active: (projection) => TE.fromIO(() => builds.active(projection)),
    getManyOfVersion: (projection, version, keys) => () =>
      ofVersion(projection, version, (collection) => committed.getMany(collection, keys))(),
    allOfVersion: (projection, version, range) => () =>
      ofVersion(projection, version, (collection) => committed.all(collection, range))(),
    listOfVersion: (projection, version, range) => () =>
      ofVersion(projection, version, (collection) => committed.list(collection, range))(),
    begin: (projection, version) => TE.fromIO(() => builds.begin(projection, version)),
    join: (projection, version) =>
      pipe(
        TE.fromIO(() => builds.join(projection, version)),
        TE.flatMapEither((build) =>
          build === undefined ? E.left(projectionRolledBack(projection, version)) : E.right(build),
        ),
      ),
    activate: (projection, build, keepFor) =>
      TE.fromIO(() => builds.activate(projection, build, keepFor)),
    rollBack: (projection, from) => TE.fromIO(() => builds.rollBack(projection, from)),
    builds: (projection) => TE.fromIO(() => builds.list(projection)),
    abandon: (projection, build) => TE.fromIO(() => builds.abandon(projection, build)),
    sweep: (projection, limit) =>
      TE.fromIO(() => {
        const deleted = deleteSome(builds.toRemove(projection), limit)
        if (deleted < limit) builds.removed(projection)
        return deleted
      }),
    clear: (collection, limit) => TE.fromIO(() => deleteSome([collection], limit)),
  }
}
