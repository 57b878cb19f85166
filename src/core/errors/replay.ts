import type { StreamId, StreamVersion } from '../stream'

/** The stream is shorter than the requested version. */
export interface VersionNotReached {
  readonly _tag: 'VersionNotReached'
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly actual: StreamVersion
  readonly message: string
}
export const versionNotReached = (
  streamId: StreamId,
  version: StreamVersion,
  actual: StreamVersion,
): VersionNotReached => ({
  _tag: 'VersionNotReached',
  streamId,
  version,
  actual,
  message: `${streamId} is at version ${actual}; version ${version} was requested.`,
})

/** No snapshot can be taken: the category declares none, or the state does not match its codec. */
export interface SnapshotImpossible {
  readonly _tag: 'SnapshotImpossible'
  readonly streamId: StreamId
  readonly reason: string
  readonly message: string
}
export const snapshotImpossible = (streamId: StreamId, reason: string): SnapshotImpossible => ({
  _tag: 'SnapshotImpossible',
  streamId,
  reason,
  message: `No snapshot of ${streamId} can be taken: ${reason}.`,
})
