import type { ClockDrift } from '../../core/clock'
import type { ReadError } from '../../core/errors/unions'
import type { SnapshotImpossible } from '../../core/errors/replay'
import type { Issue } from '../../core/issue'
import type { Position, StreamId, StreamVersion } from '../../core/stream'

/** What a category reports besides its answers: for logs and metrics. */
export type Notice =
  /** Another writer was first; the commands are decided again. */
  | {
      readonly _tag: 'DecidedAgain'
      readonly streamId: StreamId
      /** How many commands. */
      readonly commands: number
      /** The version they were decided on, and the one that was found. */
      readonly decidedOn: StreamVersion
      readonly actual: StreamVersion
    }
  /** Something came that a boundary's query asks for; the command is decided again. */
  | {
      readonly _tag: 'BoundaryDecidedAgain'
      /** Its name. */
      readonly boundary: string
      /** The newest event that matches. 0: some that were seen are missing. */
      readonly position: Position
      /** How often it was decided so far. 1 or more. */
      readonly attempts: number
    }
  /**
   * The stream is shorter than the cached state: the store has lost events (it was restored, or failed over).
   * The cached state was dropped, and the stream is replayed.
   */
  | {
      readonly _tag: 'StateDropped'
      readonly streamId: StreamId
      /** The version of the cached state, and that of the stream. */
      readonly known: StreamVersion
      readonly actual: StreamVersion
    }
  /** A snapshot does not decode and was ignored; the stream was replayed. */
  | {
      readonly _tag: 'SnapshotIgnored'
      readonly streamId: StreamId
      readonly version: StreamVersion
      readonly issues: ReadonlyArray<Issue>
    }
  | { readonly _tag: 'SnapshotTaken'; readonly streamId: StreamId; readonly version: StreamVersion }
  | {
      readonly _tag: 'SnapshotFailed'
      readonly streamId: StreamId
      readonly error: ReadError | SnapshotImpossible
    }
  /** The id of an event is too far in the future: the clock of another machine is ahead. */
  | { readonly _tag: 'ClockDrifted'; readonly streamId: StreamId; readonly error: ClockDrift }
