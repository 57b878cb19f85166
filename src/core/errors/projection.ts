import { describeIssues, type Issue } from '../issue'
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

/** Readers see a later version of the projection than this process declares: it must not write any more. */
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

/** What a rebuild can end with, other than being done or being cancelled. */
export type RebuildError = SubscriptionError | ProjectionOutdated | ProjectionSuperseded
