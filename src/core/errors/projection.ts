import { describeIssues, type Issue } from '../issue'
import type { StoreFailed } from './store'
import type { SubscriptionError } from './subscription'

/** A stored document does not fit the codec of its projection. Raise its version, and it is rebuilt. */
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
 * Readers see a later version of the projection than this process declares, and no build of its own version is kept
 * any more: there is nothing that it could read or write.
 */
export interface ProjectionOutdated {
  readonly _tag: 'ProjectionOutdated'
  readonly projection: string
  /** What this process declares, and what readers see. */
  readonly declared: number
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
  message: `${projection} is at version ${active}, and this process declares ${declared}: it runs an older release.`,
})

/** Readers see a later build than the one that was being made. What was built is deleted. */
export interface ProjectionSuperseded {
  readonly _tag: 'ProjectionSuperseded'
  readonly projection: string
  readonly version: number
  readonly build: number
  /** What readers see instead. */
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
    `Build ${build} of version ${version} of ${projection} is not needed any more and was deleted: ` +
    `readers see build ${active.build} of version ${active.version} by now.`,
})

/** Readers see an earlier version than this process declares: no build of its own version is finished yet. */
export interface ProjectionNotBuilt {
  readonly _tag: 'ProjectionNotBuilt'
  readonly projection: string
  /** What this process declares, and what other readers see. */
  readonly declared: number
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
  message: `Version ${declared} of ${projection} is not built yet: readers see version ${active}.`,
})

/** An operator has gone back from this version. It is not built again until that is asked for. */
export interface ProjectionRolledBack {
  readonly _tag: 'ProjectionRolledBack'
  readonly projection: string
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

/** No earlier build of the projection is kept, so there is none to go back to. Nothing was changed. */
export interface NoEarlierBuild {
  readonly _tag: 'NoEarlierBuild'
  readonly projection: string
  readonly message: string
}
export const noEarlierBuild = (projection: string): NoEarlierBuild => ({
  _tag: 'NoEarlierBuild',
  projection,
  message: `No earlier build of ${projection} is kept. Fix it, raise the version, and deploy.`,
})

/** What reading documents can end with. */
export type DocumentError =
  StoreFailed | UndecodableDocument | ProjectionOutdated | ProjectionNotBuilt

/** What running a projection can end with, other than being asked to stop. */
export type ProjectionError = SubscriptionError | ProjectionOutdated | ProjectionRolledBack

/** What a rebuild can end with, other than being done or being cancelled. */
export type RebuildError = SubscriptionError | ProjectionOutdated | ProjectionSuperseded
