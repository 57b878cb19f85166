import { describeIssues, type Issue } from '../issue'
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

/** Readers see a later version of the projection than this program declares, so it must not write any more. */
export interface ProjectionOutdated {
  readonly _tag: 'ProjectionOutdated'
  readonly projection: string
  /** The version that this program declares, and the one that readers see. */
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
  message: `${projection} is at version ${active}, but this program declares version ${declared}: it is an older release.`,
})

/** A later build has become active while this one was being made. This one was deleted. */
export interface ProjectionSuperseded {
  readonly _tag: 'ProjectionSuperseded'
  readonly projection: string
  readonly version: number
  readonly build: number
  /** The build that readers see. */
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

/** Why a rebuild can fail. */
export type RebuildError = SubscriptionError | ProjectionOutdated | ProjectionSuperseded
