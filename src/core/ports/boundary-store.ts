import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendedTogether, AppendTogetherRequest } from '../append-together'
import type { AppendTogetherError } from '../errors/unions'

/**
 * What a store can do for rules that span several streams. A capability beside `EventStore`: a store that has it
 * passes the boundary contract of `reprise/testing`.
 */
export interface BoundaryStore {
  /**
   * Adds events to several streams: all of them, or none. Every stream is at its expected version at the moment of
   * the append, those to which nothing is added included. Two such appends never wait for each other in a circle,
   * whatever the order in which they name their streams.
   *
   * Fails with
   * - `VersionConflicts`: names every stream that is not where its `expectedVersion` says.
   * - `CommandAlreadyHandled`: one of the commands was handled before on its stream.
   * - `InvalidStreamId`, `InvalidAppend`, `UnencodableEvent`, `LimitExceeded`: see {@link appendTogetherError}. The
   *   same stream twice is `InvalidAppend`.
   * - `ProjectionFailed`: an inline projection failed, so nothing was stored.
   * - `StoreFailed`: the store rejected the append or did not answer. With outcome `unknown` the events may have been
   *   stored: all of them, or none. With reason `WrongIsolation` it was sent in a transaction that is not READ
   *   COMMITTED.
   */
  readonly appendTogether: (
    request: AppendTogetherRequest,
  ) => TaskEither<AppendTogetherError, AppendedTogether>
}
