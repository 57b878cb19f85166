import type { CommandAlreadyHandled, VersionConflict } from './conflict'
import type { DeciderThrew, Rejected } from './decision'
import type { LimitExceeded, UndecodableEvent, UnencodableEvent } from './event'
import type { InvalidAppend, InvalidCommand, InvalidStreamId } from './invalid'
import type { Overloaded, ProjectionFailed, StoreFailed } from './store'

/** What reading can answer instead. */
export type ReadError = InvalidStreamId | Overloaded | StoreFailed

/** What appending can answer instead. */
export type AppendError =
  | InvalidStreamId
  | InvalidAppend
  | VersionConflict
  | CommandAlreadyHandled
  | UnencodableEvent
  | LimitExceeded
  | ProjectionFailed
  | Overloaded
  | StoreFailed

/** What loading a state can answer instead. */
export type LoadError = ReadError | UndecodableEvent | DeciderThrew

/** What handling a command can answer instead of its events: everything that can go wrong. */
export type HandleError<Rejection> =
  | InvalidCommand
  | InvalidStreamId
  | InvalidAppend
  | Rejected<Rejection>
  | VersionConflict
  | UndecodableEvent
  | UnencodableEvent
  | LimitExceeded
  | DeciderThrew
  | ProjectionFailed
  | Overloaded
  | StoreFailed
