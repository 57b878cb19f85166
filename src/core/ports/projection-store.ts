import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { Json, JsonObject } from '../json'

/** A document of a read model. */
export interface Document {
  readonly key: string
  readonly value: Json
  /** What the last guarded write gave. 0: never guarded. */
  readonly revision: number
}

/** Which documents of a collection. */
export interface DocumentRange {
  /** Only keys that come later in the order of code points. Empty: from the start. */
  readonly after: string
  /** Documents at most in this page. 1 or more. */
  readonly limit: number
  /**
   * Only documents that contain this: the same keys with the same values, at any depth. A list contains
   * another one that has no other elements, in any order.
   */
  readonly where?: JsonObject
}

/** Some documents of a collection, by the code points of their keys. */
export interface DocumentPage {
  readonly documents: ReadonlyArray<Document>
  readonly more: boolean
}

/** One write of many. Without a value: the document is deleted. */
export interface DocumentWrite {
  readonly key: string
  readonly value?: Json
}

/**
 * Where read models are kept: documents in collections, found by key. A collection is there once
 * something is in it. It may live in another database than the events.
 * Every adapter passes `projectionStoreContract` of `reprise/testing`.
 */
export interface ProjectionStore {
  /** `undefined`: there is none. */
  readonly get: (collection: string, key: string) => TaskEither<StoreFailed, Document | undefined>

  /** Those of the documents that are there, in any order. */
  readonly some: (
    collection: string,
    keys: ReadonlyArray<string>,
  ) => TaskEither<StoreFailed, ReadonlyArray<Document>>

  /** A page of a collection. */
  readonly all: (collection: string, range: DocumentRange) => TaskEither<StoreFailed, DocumentPage>

  /** Writes the document, whatever is there. */
  readonly put: (collection: string, key: string, value: Json) => TaskEither<StoreFailed, void>

  /** Deletes the document, if it is there. The revision of a guarded write is remembered. */
  readonly delete: (collection: string, key: string) => TaskEither<StoreFailed, void>

  /** Puts and deletes many documents with different keys, as one. */
  readonly write: (
    collection: string,
    writes: ReadonlyArray<DocumentWrite>,
  ) => TaskEither<StoreFailed, void>

  /**
   * Writes the document unless a write with the same or a later revision was there before: a stale write
   * never wins. `undefined` as value: deleted at this revision. Answers whether it was written.
   *
   * @param revision - the version of the stream, for a document of one stream; the position otherwise.
   */
  readonly putNewer: (
    collection: string,
    key: string,
    value: Json | undefined,
    revision: number,
  ) => TaskEither<StoreFailed, boolean>
}

/** Documents inside a transaction: seen by others when it is committed. */
export interface TransactionDocuments extends ProjectionStore {
  /** From here to the end of the transaction nobody else locks these documents, present or not. */
  readonly lock: (collection: string, keys: ReadonlyArray<string>) => TaskEither<StoreFailed, void>
}

/** The read models of an application, and which build of a projection its readers see. */
export interface Projections<Transaction> extends ProjectionStore {
  readonly inTransaction: (transaction: Transaction) => TransactionDocuments

  /** The build that readers of the name `projection` see. */
  readonly active: (projection: string) => TaskEither<StoreFailed, ProjectionBuild | undefined>

  /**
   * From now on readers of the name `projection` see another build, unless they see a later one already,
   * or one whose subscription has come further. Answers the build that they see now.
   */
  readonly activate: (
    projection: string,
    build: ProjectionBuild,
  ) => TaskEither<StoreFailed, ProjectionBuild>

  /**
   * Deletes up to `limit` documents of a collection, with all that is remembered of them. Answers how many
   * there were; again and again, until there is nothing left.
   */
  readonly clear: (collection: string, limit: number) => TaskEither<StoreFailed, number>
}

/** One building of a projection: its documents lie in a collection of their own. */
export interface ProjectionBuild {
  /** The version that the projection declares. */
  readonly version: number
  /** Counts the buildings of that version: 1, 2, ... */
  readonly build: number
  /** Where its documents lie, and the name of its subscription. */
  readonly collection: string
}
