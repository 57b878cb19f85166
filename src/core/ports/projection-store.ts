import type { TaskEither } from 'fp-ts/TaskEither'
import type { DocumentPlaces, SortRange } from '../document-index'
import type { ProjectionRolledBack } from '../errors/projection'
import type { StoreFailed } from '../errors/store'
import type { Json, JsonObject } from '../json'
import type { Position } from '../stream'
import type { OwnTables } from './own-tables'

/** A document of a read model. */
export interface ReadModelDocument {
  readonly key: string
  readonly value: Json
  /** The revision of the last `putIfNewer`. 0: there was none. */
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
   * another one that has no other elements, in any order. Documents are looked at one after another until the page is
   * full: if few of them match, that is the whole collection. `list` finds them by an index.
   */
  readonly where?: JsonObject
}

/** Some documents of a collection, by the code points of their keys. */
export interface DocumentPage {
  readonly documents: ReadonlyArray<ReadModelDocument>
  readonly more: boolean
}

/** One write of many. Without a value: the document is deleted. */
export interface DocumentWrite {
  readonly key: string
  readonly value?: Json
  /** Where the document is in each list from now on. Omitted: where it was. A deleted document is in none. */
  readonly places?: DocumentPlaces
}

/** Where a document is in a list. */
export interface ListPlace {
  readonly sortKey: string
  readonly key: string
}

/** Which part of a list of documents: see `placesOf` and `sortRange`. */
export interface DocumentListRange extends SortRange {
  /** The name of the list. */
  readonly index: string
  /** By sort key, then by key; the code points of both. */
  readonly order: 'ascending' | 'descending'
  /** Only what comes later than this in that order. Omitted: from its start. */
  readonly after?: ListPlace
  /** Documents at most in this page. 1 or more. */
  readonly limit: number
}

/** Some documents of a list, in its order. */
export interface DocumentListPage {
  readonly documents: ReadonlyArray<ReadModelDocument & ListPlace>
  readonly more: boolean
}

/**
 * Where read models are stored: documents in collections, found by key. A collection exists once it has a
 * document. It may be in another database than the events. Every adapter passes `projectionStoreContract` of
 * `reprise/testing`.
 *
 * Every method fails with `StoreFailed` when the store rejects the statement or does not answer; a write with
 * outcome `unknown` may have been stored.
 */
export interface ProjectionStore {
  /** `undefined`: there is none. */
  readonly get: (
    collection: string,
    key: string,
  ) => TaskEither<StoreFailed, ReadModelDocument | undefined>

  /** The existing ones of these documents, in any order. */
  readonly getMany: (
    collection: string,
    keys: ReadonlyArray<string>,
  ) => TaskEither<StoreFailed, ReadonlyArray<ReadModelDocument>>

  /** A page of a collection. */
  readonly all: (collection: string, range: DocumentRange) => TaskEither<StoreFailed, DocumentPage>

  /**
   * A page of a list: of the documents that have a place in it. The work depends on the length of the page, and not on
   * the length of the list.
   */
  readonly list: (
    collection: string,
    range: DocumentListRange,
  ) => TaskEither<StoreFailed, DocumentListPage>

  /** Writes the document, replacing what is stored. It stays where it was in each list. */
  readonly put: (collection: string, key: string, value: Json) => TaskEither<StoreFailed, void>

  /** Deletes the document, if it exists. The revision of a `putIfNewer` stays stored. */
  readonly delete: (collection: string, key: string) => TaskEither<StoreFailed, void>

  /** Puts and deletes many documents with different keys, as one. */
  readonly write: (
    collection: string,
    writes: ReadonlyArray<DocumentWrite>,
  ) => TaskEither<StoreFailed, void>

  /**
   * Writes the document, unless a write with the same or a later revision came before: a stale write never
   * wins. `undefined` as value: deleted at this revision. Answers whether it was written.
   *
   * @param revision - the version of the stream, for a document of one stream; the position otherwise.
   */
  readonly putIfNewer: (
    collection: string,
    key: string,
    value: Json | undefined,
    revision: number,
  ) => TaskEither<StoreFailed, boolean>
}

/**
 * Documents inside a transaction: visible to others once it is committed. Every method fails with `StoreFailed`; the
 * transaction must then be rolled back.
 */
export interface TransactionDocuments extends ProjectionStore {
  /** Locks these documents, existing or not, until the end of the transaction: no other transaction can. */
  readonly lock: (collection: string, keys: ReadonlyArray<string>) => TaskEither<StoreFailed, void>
}

/**
 * The read models of an application, and the builds of its projections. Every method fails with `StoreFailed`, as those of
 * {@link ProjectionStore} do.
 */
export interface Projections<Transaction> extends ProjectionStore {
  /** Tables that belong to builds. Omitted: the transactions of this store have no tables. */
  readonly tables?: OwnTables<Transaction>

  readonly inTransaction: (transaction: Transaction) => TransactionDocuments

  /** The active build: the one that readers of `projection` see. `undefined`: there is none. */
  readonly active: (projection: string) => TaskEither<StoreFailed, ProjectionBuild | undefined>

  /**
   * The existing ones of these documents in the newest build of `version`, in any order: the active build, or one
   * that is kept. A projection that never had a build is an inline one: its documents are those of the collection
   * `projection`.
   */
  readonly getManyOfVersion: (
    projection: string,
    version: number,
    keys: ReadonlyArray<string>,
  ) => TaskEither<StoreFailed, OfVersion<ReadonlyArray<ReadModelDocument>>>

  /** A page of the documents of the newest build of `version`, as for `getManyOfVersion`. */
  readonly allOfVersion: (
    projection: string,
    version: number,
    range: DocumentRange,
  ) => TaskEither<StoreFailed, OfVersion<DocumentPage>>

  /** A page of a list of the newest build of `version`, as for `getManyOfVersion`. */
  readonly listOfVersion: (
    projection: string,
    version: number,
    range: DocumentListRange,
  ) => TaskEither<StoreFailed, OfVersion<DocumentListPage>>

  /**
   * Begins a new build. Its number was never used by a build of the projection, not even by a removed one. Readers
   * do not see it until it is activated. When no instance has worked on it for a minute, `sweep` removes it.
   */
  readonly begin: (projection: string, version: number) => TaskEither<StoreFailed, ProjectionBuild>

  /**
   * The build of `version` that readers see, for it may have been finished since this instance has looked; or else the one that
   * other instances are making at this moment, to work on it with them; or else a new one that others may join. A build
   * that no instance works on is never continued.
   *
   * Fails with `ProjectionRolledBack`: an operator has gone back from this version. `begin` still begins one.
   */
  readonly join: (
    projection: string,
    version: number,
  ) => TaskEither<StoreFailed | ProjectionRolledBack, ProjectionBuild>

  /**
   * From now on readers of `projection` see another build: the very first build at once, any other only if it is
   * later, its subscription has come at least as far as that of the active one, and nothing of it is held or
   * stopped. The previously active build is kept for `keepFor`. Answers the build that is active now. A build that
   * was not begun counts as begun.
   *
   * @param keepFor - milliseconds, 0 to 3,155,760,000,000 (100 years); a value outside counts as the nearest limit.
   * Default 86,400,000: a day.
   */
  readonly activate: (
    projection: string,
    build: ProjectionBuild,
    keepFor?: number,
  ) => TaskEither<StoreFailed, ProjectionBuild>

  /**
   * Goes back to the newest build that is kept, whatever it holds; the previously active build is removed.
   * Answers both; `undefined`: no earlier build is kept, or the active build is not `from`.
   *
   * @param from - the build to go back from. Omitted: the active one, whichever that is.
   */
  readonly rollBack: (
    projection: string,
    from?: BuildNumbers,
  ) => TaskEither<StoreFailed, RolledBack | undefined>

  /** The builds of a projection that are not removed yet, ordered by version and number. */
  readonly builds: (projection: string) => TaskEither<StoreFailed, ReadonlyArray<BuildStatus>>

  /** Marks a build that readers do not see for removal, unless instances work on it. */
  readonly abandon: (projection: string, build: ProjectionBuild) => TaskEither<StoreFailed, void>

  /**
   * Removes what is no longer needed: builds that were abandoned or rolled back, kept ones whose time is over, and
   * unfinished ones that no instance works on. Their subscriptions are removed first, so that nothing is written to
   * them any more; of their documents, up to `limit` are deleted. Answers how many were deleted; call it again until
   * nothing is left.
   *
   * @param limit - 1 or more.
   */
  readonly sweep: (projection: string, limit: number) => TaskEither<StoreFailed, number>

  /**
   * Deletes up to `limit` documents (1 or more) of a collection, revisions included. Answers how many were
   * deleted; call it again until nothing is left.
   */
  readonly clear: (collection: string, limit: number) => TaskEither<StoreFailed, number>
}

/** One build of a projection: its documents are stored in a collection of their own. */
export interface ProjectionBuild {
  /** The version that the projection declares. */
  readonly version: number
  /** The number of the build among those of that version: 1, 2, ... */
  readonly build: number
  /** The collection of its documents, and the name of its subscription. Never used twice. */
  readonly collection: string
}

/** Which build of a projection. */
export type BuildNumbers = Pick<ProjectionBuild, 'version' | 'build'>

/** A build, as an operator sees it. Times in milliseconds since 1970-01-01 UTC, by the store's clock. */
export interface BuildStatus extends ProjectionBuild {
  /**
   * - `building`: readers do not see it yet.
   * - `active`: readers of its version see it, and so do readers that use the name of the projection only.
   * - `kept`: readers of its version see it; `rollBack` goes back to it.
   * - `removing`: readers do not see it any more; `sweep` deletes it.
   */
  readonly state: 'building' | 'active' | 'kept' | 'removing'
  /** When it was begun. Milliseconds since 1970-01-01 UTC. */
  readonly begunAt: number
  /** Until when it is kept. Milliseconds since 1970-01-01 UTC. Omitted: it is not `kept`. */
  readonly keptUntil?: number
  /** How far its subscription has come. Omitted: it was never started, or is removed. */
  readonly reached?: Position
  /** How many held streams and stopped partitions make it incomplete. */
  readonly held: number
  /** How many instances work on it. 0 for a `building` one: it was abandoned. */
  readonly instances: number
}

/** The two builds of a rollback. */
export interface RolledBack {
  readonly from: ProjectionBuild
  readonly to: ProjectionBuild
}

/** What was found in a build of the wanted version. */
export type OfVersion<Found> =
  | {
      readonly _tag: 'Found'
      /** Omitted: the projection never had a build. */
      readonly build?: ProjectionBuild
      readonly found: Found
    }
  /** There is no build of this version that readers may see. `active` is what others see. */
  | { readonly _tag: 'NoBuild'; readonly active: ProjectionBuild }
