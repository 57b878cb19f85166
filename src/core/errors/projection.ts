import { causeText, describeIssues, type Issue } from '../issue'
import type { StoreFailed } from './store'
import type { SubscriptionError } from './subscription'

/** A stored document does not match the codec of its projection. Raise the projection's version to rebuild it. */
export interface UndecodableDocument {
  readonly _tag: 'UndecodableDocument'
  readonly collection: string
  readonly key: string
  readonly issues: ReadonlyArray<Issue>
  readonly message: string
}
export const undecodableDocument = (
  collection: string,
  key: string,
  issues: ReadonlyArray<Issue>,
): UndecodableDocument => ({
  _tag: 'UndecodableDocument',
  collection,
  key,
  issues,
  message: `The document ${key} of ${collection} cannot be decoded: ${describeIssues(issues)}.`,
})

/**
 * Readers see a later version of the projection than this program declares, and no build of the declared
 * version is kept any more. There is nothing that this program could read or write.
 */
export interface ProjectionOutdated {
  readonly _tag: 'ProjectionOutdated'
  readonly projection: string
  /** The version that this program declares. */
  readonly declared: number
  /** The version that readers see: a later one. */
  readonly active: number
  readonly message: string
}
export const projectionOutdated = (
  projection: string,
  declared: number,
  active: number,
): ProjectionOutdated => ({
  _tag: 'ProjectionOutdated',
  projection,
  declared,
  active,
  message: `${projection} is at version ${active}, but this program declares version ${declared}: it is an older release.`,
})

/** A later build has become active while this one was being made. This one was deleted. */
export interface ProjectionSuperseded {
  readonly _tag: 'ProjectionSuperseded'
  readonly projection: string
  /** The version that this program declares. */
  readonly version: number
  /** The number of the build that was deleted, among those of its version: 1, 2, ... */
  readonly build: number
  /** The version that readers see, and the number of its build. */
  readonly active: { readonly version: number; readonly build: number }
  readonly message: string
}
export const projectionSuperseded = (
  projection: string,
  { version, build }: { readonly version: number; readonly build: number },
  active: { readonly version: number; readonly build: number },
): ProjectionSuperseded => ({
  _tag: 'ProjectionSuperseded',
  projection,
  version,
  build,
  active: { version: active.version, build: active.build },
  message:
    `Build ${build} of version ${version} of ${projection} was deleted because it is no longer needed: ` +
    `readers already see build ${active.build} of version ${active.version}.`,
})

/**
 * Readers see an earlier version than this program declares, or none: no build of the declared version is finished yet.
 */
export interface ProjectionNotBuilt {
  readonly _tag: 'ProjectionNotBuilt'
  readonly projection: string
  /** The version that this program declares. */
  readonly declared: number
  /** The version that other readers see. 0: there is no build at all. */
  readonly active: number
  readonly message: string
}
export const projectionNotBuilt = (
  projection: string,
  declared: number,
  active: number,
): ProjectionNotBuilt => ({
  _tag: 'ProjectionNotBuilt',
  projection,
  declared,
  active,
  message: `Version ${declared} of ${projection} is not built yet: readers see ${active === 0 ? 'nothing' : `version ${active}`}.`,
})

/** An operator has rolled this version back. It is not built again until a rebuild is requested. */
export interface ProjectionRolledBack {
  readonly _tag: 'ProjectionRolledBack'
  readonly projection: string
  /** The version that this program declares. */
  readonly version: number
  readonly message: string
}
export const projectionRolledBack = (
  projection: string,
  version: number,
): ProjectionRolledBack => ({
  _tag: 'ProjectionRolledBack',
  projection,
  version,
  message: `Version ${version} of ${projection} was rolled back. Raise the version, or rebuild this one once it is fixed.`,
})

/** No earlier build of the projection is kept, so it cannot be rolled back. Nothing was changed. */
export interface NoEarlierBuild {
  readonly _tag: 'NoEarlierBuild'
  readonly projection: string
  readonly message: string
}
export const noEarlierBuild = (projection: string): NoEarlierBuild => ({
  _tag: 'NoEarlierBuild',
  projection,
  message: `${projection} cannot be rolled back: no earlier build is kept. Fix it, raise the version, and deploy.`,
})

/** The tables of a build could not be created, so it was not begun. Nothing was changed. */
export interface TablesNotCreated {
  readonly _tag: 'TablesNotCreated'
  readonly projection: string
  /** The version that this program declares. */
  readonly version: number
  /** The number of the build, among those of its version: 1, 2, ... */
  readonly build: number
  /** What the function that creates them has answered or thrown; or which of them it has not created. */
  readonly cause: unknown
  readonly message: string
}
/**
 * The error {@link TablesNotCreated}, for a build whose tables are not there.
 *
 * @param cause - what the function that creates them has answered or thrown.
 *
 * @example
 * tablesNotCreated('deposits', { version: 2, build: 1 }, new Error('relation "deposits" already exists'))
 */
export const tablesNotCreated = (
  projection: string,
  { version, build }: { readonly version: number; readonly build: number },
  cause: unknown,
): TablesNotCreated => ({
  _tag: 'TablesNotCreated',
  projection,
  version,
  build,
  cause,
  message: `The tables for build ${build} of version ${version} of ${projection} could not be created: ${causeText(cause)}.`,
})

/** Why tables cannot be read. */
export type TableError = StoreFailed | ProjectionOutdated | ProjectionNotBuilt

/** Why documents cannot be read. */
export type DocumentError =
  StoreFailed | UndecodableDocument | ProjectionOutdated | ProjectionNotBuilt

/** Why running a projection can fail. */
export type ProjectionError =
  SubscriptionError | ProjectionOutdated | ProjectionRolledBack | TablesNotCreated

/** Why a rebuild can fail. */
export type RebuildError =
  SubscriptionError | ProjectionOutdated | ProjectionSuperseded | TablesNotCreated
