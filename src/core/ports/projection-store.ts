import type { TaskEither } from 'fp-ts/TaskEither'
import type { ProjectionRolledBack } from '../errors/projection'
import type { StoreFailed } from '../errors/store'
import type { Json, JsonObject } from '../json'
import type { Position } from '../stream'

/** A document of a read model. */
export interface ReadModelDocument {
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
  readonly documents: ReadonlyArray<ReadModelDocument>
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
  readonly get: (
    collection: string,
    key: string,
  ) => TaskEither<StoreFailed, ReadModelDocument | undefined>

  /** Those of the documents that are there, in any order. */
  readonly getMany: (
    collection: string,
    keys: ReadonlyArray<string>,
  ) => TaskEither<StoreFailed, ReadonlyArray<ReadModelDocument>>

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
  readonly putIfNewer: (
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

/** The read models of an application, and the builds of its projections. */
export interface Projections<Transaction> extends ProjectionStore {
  readonly inTransaction: (transaction: Transaction) => TransactionDocuments

  /** The active build: what readers of the name `projection` see. */
  readonly active: (projection: string) => TaskEither<StoreFailed, ProjectionBuild | undefined>

  /**
   * Those of the documents of the newest build of `version` that are there, in any order: of the active build, or of
   * one that is kept. A projection that never had a build is kept inline: its documents are those of the
   * collection `projection`.
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

  /**
   * Begins a build of its own: no build of the projection had its number before, also none that was removed.
   * Readers do not see it until it is activated. When no instance has worked on it for a minute, `sweep` removes
   * it.
   */
  readonly begin: (projection: string, version: number) => TaskEither<StoreFailed, ProjectionBuild>

  /**
   * The build of `version` that other instances make at this moment, to make it with them; if there is none, one
   * that is begun now, and that others may join. A build that no instance works on is never continued.
   *
   * Fails with `ProjectionRolledBack`: an operator has gone back from this version. `begin` still begins one.
   */
  readonly join: (
    projection: string,
    version: number,
  ) => TaskEither<StoreFailed | ProjectionRolledBack, ProjectionBuild>

  /**
   * From now on readers of the name `projection` see another build: the first one of all at once, any other only if
   * it is later, its subscription has come at least as far as that of the active one, and nothing of it is held
   * back or stopped. The one that was active before is kept for `keepFor`. Answers the build that is active now. A
   * build that was not begun counts as begun.
   *
   * @param keepFor - milliseconds, 0 to 3,155,760,000,000 (100 years); what is outside counts as the nearer end.
   * Default 86,400,000: a day.
   */
  readonly activate: (
    projection: string,
    build: ProjectionBuild,
    keepFor?: number,
  ) => TaskEither<StoreFailed, ProjectionBuild>

  /**
   * Goes back to the newest build that is kept, whatever it holds; the build that was active is removed. Answers
   * both; `undefined`: no earlier build is kept, or the active build is not `from`.
   *
   * @param from - the build that is to be left. Omitted: the active one, whichever that is.
   */
  readonly rollBack: (
    projection: string,
    from?: BuildNumbers,
  ) => TaskEither<StoreFailed, RolledBack | undefined>

  /** The builds of a projection that are not removed yet, by version and number. */
  readonly builds: (projection: string) => TaskEither<StoreFailed, ReadonlyArray<BuildStatus>>

  /** Lets a build be removed that readers do not see, unless instances work on it. */
  readonly abandon: (projection: string, build: ProjectionBuild) => TaskEither<StoreFailed, void>

  /**
   * Removes what is not needed any more: builds that were abandoned or rolled back, those that were kept for their
   * time, and unfinished ones that no instance works on. Their subscriptions go first, so that nothing is written to
   * them any more; of their documents, up to `limit` are deleted. Answers how many there were; again and again,
   * until there is nothing left.
   *
   * @param limit - 1 or more.
   */
  readonly sweep: (projection: string, limit: number) => TaskEither<StoreFailed, number>

  /**
   * Deletes up to `limit` documents of a collection, with all that is remembered of them. Answers how many
   * there were; again and again, until there is nothing left.
   */
  readonly clear: (collection: string, limit: number) => TaskEither<StoreFailed, number>
}

/** One building of a projection: its documents are kept in a collection of their own. */
export interface ProjectionBuild {
  /** The version that the projection declares. */
  readonly version: number
  /** Counts the buildings of that version: 1, 2, ... */
  readonly build: number
  /** Where its documents are, and the name of its subscription. Never used twice. */
  readonly collection: string
}

/** Which build of a projection. */
export type BuildNumbers = Pick<ProjectionBuild, 'version' | 'build'>

/** A build, for an operator. Times in milliseconds since 1970-01-01 UTC, by the store's clock. */
export interface BuildStatus extends ProjectionBuild {
  /**
   * - `building`: readers do not see it yet.
   * - `active`: readers of its version see it, and so do readers that use the name of the projection only.
   * - `kept`: readers of its version see it; `rollBack` goes back to it.
   * - `removing`: readers do not see it any more; `sweep` deletes it.
   */
  readonly state: 'building' | 'active' | 'kept' | 'removing'
  readonly begunAt: number
  /** Until when it is kept. Left out: it is not `kept`. */
  readonly keptUntil?: number
  /** How far its subscription has come. Left out: that was never started, or is removed. */
  readonly reached?: Position
  /** What makes it incomplete: streams that are held back, and partitions that stand still. */
  readonly held: number
  /** How many instances work on it. 0 for a `building` one: left behind. */
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
      /** Left out: the projection never had a build. */
      readonly build?: ProjectionBuild
      readonly found: Found
    }
  /** There is no build of this version that readers may see. `active` is what others see. */
  | { readonly _tag: 'NoBuild'; readonly active: ProjectionBuild }
