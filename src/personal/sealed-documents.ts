import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../core/errors/store'
import type { Json } from '../core/json'
import type {
  DocumentWrite,
  OfVersion,
  Projections,
  ProjectionStore,
  ReadModelDocument,
  TransactionDocuments,
} from '../core/ports/projection-store'
import type { KeyRing, OpenKeys } from './key-ring'
import { openAll } from './sealing'
import { sealValues } from './sealed-store'

const openDocuments =
  (keys: OpenKeys) =>
  <Found extends ReadModelDocument>(
    documents: ReadonlyArray<Found>,
  ): TaskEither<StoreFailed, ReadonlyArray<Found>> =>
    pipe(
      () =>
        openAll(
          keys,
          documents.map(({ value }) => value),
        ),
      TE.map((values) =>
        documents.map((document, index) => ({
          ...document,
          value: values[index] ?? document.value,
        })),
      ),
    )

const openPage =
  (keys: OpenKeys) =>
  <Found extends ReadModelDocument>(page: {
    readonly documents: ReadonlyArray<Found>
    readonly more: boolean
  }) =>
    pipe(
      openDocuments(keys)(page.documents),
      TE.map((documents) => ({ ...page, documents })),
    )

/** What was found in a build of the wanted version, opened by `open`. */
const openFound =
  <Found>(open: (found: Found) => TaskEither<StoreFailed, Found>) =>
  (of: OfVersion<Found>): TaskEither<StoreFailed, OfVersion<Found>> =>
    of._tag === 'NoBuild'
      ? TE.right(of)
      : pipe(
          open(of.found),
          TE.map((found) => ({ ...of, found })),
        )

const sealed = <Value extends Json>(keys: OpenKeys, value: Value): TaskEither<StoreFailed, Value> =>
  pipe(
    () => sealValues(keys, [value]),
    TE.map(([one = value]) => one),
  )

const sealWrites = (
  keys: OpenKeys,
  writes: ReadonlyArray<DocumentWrite>,
): TaskEither<StoreFailed, ReadonlyArray<DocumentWrite>> => {
  const values = writes.flatMap(({ value }) => (value === undefined ? [] : [value]))
  return pipe(
    () => sealValues(keys, values),
    TE.map((made) => {
      const next = made[Symbol.iterator]()
      return writes.map((write) => {
        if (write.value === undefined) return write
        const { value = write.value } = next.next()
        return { ...write, value }
      })
    }),
  )
}

/** Documents that are given with personal data in them, and kept sealed. */
const sealedProjectionStore = (store: ProjectionStore, keys: OpenKeys): ProjectionStore => ({
  get: (collection, key) =>
    pipe(
      store.get(collection, key),
      TE.flatMap((document) =>
        document === undefined
          ? TE.right(undefined)
          : pipe(
              openDocuments(keys)([document]),
              TE.map(([one]) => one),
            ),
      ),
    ),
  getMany: (collection, wanted) =>
    pipe(store.getMany(collection, wanted), TE.flatMap(openDocuments(keys))),
  all: (collection, range) => pipe(store.all(collection, range), TE.flatMap(openPage(keys))),
  list: (collection, range) => pipe(store.list(collection, range), TE.flatMap(openPage(keys))),
  put: (collection, key, value) =>
    pipe(
      sealed(keys, value),
      TE.flatMap((one) => store.put(collection, key, one)),
    ),
  delete: store.delete,
  write: (collection, writes) =>
    pipe(
      sealWrites(keys, writes),
      TE.flatMap((made) => store.write(collection, made)),
    ),
  putIfNewer: (collection, key, value, revision) =>
    pipe(
      value === undefined ? TE.right<StoreFailed, Json | undefined>(value) : sealed(keys, value),
      TE.flatMap((one) => store.putIfNewer(collection, key, one, revision)),
    ),
})

/** The same inside of a transaction. */
export const sealedTransactionDocuments = (
  documents: TransactionDocuments,
  keys: OpenKeys,
): TransactionDocuments => ({
  ...sealedProjectionStore(documents, keys),
  lock: documents.lock,
})

/** The read models of a backend, sealed. */
export const sealedProjections = <Transaction>(
  projections: Projections<Transaction>,
  ring: KeyRing<Transaction>,
): Projections<Transaction> => ({
  ...projections,
  ...sealedProjectionStore(projections, ring),
  inTransaction: (transaction) =>
    sealedTransactionDocuments(
      projections.inTransaction(transaction),
      ring.inTransaction(transaction),
    ),
  getManyOfVersion: (projection, version, wanted) =>
    pipe(
      projections.getManyOfVersion(projection, version, wanted),
      TE.flatMap(openFound(openDocuments(ring))),
    ),
  allOfVersion: (projection, version, range) =>
    pipe(
      projections.allOfVersion(projection, version, range),
      TE.flatMap(openFound(openPage(ring))),
    ),
  listOfVersion: (projection, version, range) =>
    pipe(
      projections.listOfVersion(projection, version, range),
      TE.flatMap(openFound(openPage(ring))),
    ),
})
