import type { StreamClosed } from './closed'
import type {
  BoundaryConflict,
  CommandAlreadyHandled,
  CommandIdReused,
  VersionConflict,
  VersionConflicts,
} from './conflict'
import type { DeciderThrew, Rejected } from './decision'
import type { StreamErased } from './erased'
import type { LimitExceeded, UndecodableEvent, UnencodableEvent } from './event'
import type { InvalidAppend, InvalidCommand, InvalidQuery, InvalidStreamId } from './invalid'
import type { Overloaded, ProjectionFailed, StoreFailed } from './store'

/** The errors of reading. */
export type ReadError = InvalidStreamId | StreamErased | Overloaded | StoreFailed

/** The errors of reading a page of a stream. */
export type ReadPageError = ReadError | InvalidQuery

/** The errors of reading a page of the whole store. */
export type ReadAllError = InvalidQuery | StoreFailed

/** The errors of appending. */
export type AppendError =
  | InvalidStreamId
  | StreamErased
  | StreamClosed
  | InvalidAppend
  | VersionConflict
  | CommandAlreadyHandled
  | UnencodableEvent
  | LimitExceeded
  | ProjectionFailed
  | Overloaded
  | StoreFailed

/** The errors of appending to several streams. */
export type AppendTogetherError =
  Exclude<AppendError, VersionConflict> | VersionConflicts | BoundaryConflict

/** The errors of reading what matches a query. */
export type ReadMatchingError = InvalidQuery | StoreFailed

/** The errors of loading a state. */
export type LoadError = ReadError | UndecodableEvent | DeciderThrew

/** The errors of handling a command: everything that can go wrong. */
export type HandleError<Rejection> =
  | InvalidCommand
  | InvalidStreamId
  | StreamErased
  | StreamClosed
  | InvalidAppend
  | Rejected<Rejection>
  | VersionConflict
  | CommandIdReused
  | UndecodableEvent
  | UnencodableEvent
  | LimitExceeded
  | DeciderThrew
  | ProjectionFailed
  | Overloaded
  | StoreFailed

/** The errors of loading the state that a boundary decides on. */
export type BoundaryLoadError = LoadError | InvalidQuery

/** The errors of handling a command of a boundary: everything that can go wrong. */
export type BoundaryError<Rejection> =
  Exclude<HandleError<Rejection>, VersionConflict> | BoundaryConflict | InvalidQuery
