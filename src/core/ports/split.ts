import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { StreamId } from '../stream'
import type { StreamsRange, StreamSummary } from './event-store'
import type { ShardPart } from './shard'

/** A server's write-ahead log. */
export interface LogState {
  /** Whether it follows another server. */
  readonly isStandby: boolean
  /** In bytes: up to where a primary has written, and a standby has replayed. */
  readonly reached: number
}

/** One process of a process manager that has commands or timers in the outbox. */
export interface PendingProcess {
  readonly process: string
  /** Which of its processes. */
  readonly key: string
}

/**
 * What a shard can do when it is split, and the standby that becomes the next one. Every call fails with `StoreFailed`:
 * the server rejected it or did not answer. All are safe to repeat.
 */
export interface SplitPart extends Pick<ShardPart<unknown>, 'readMap' | 'putMap'> {
  readonly log: TaskEither<StoreFailed, LogState>
  /** A standby becomes a primary. Resolves when it is one, after a minute at most. */
  readonly promote: TaskEither<StoreFailed, void>
  readonly newLineage: TaskEither<StoreFailed, string>
  /** The process managers that are not paused. */
  readonly activeProcessManagers: TaskEither<StoreFailed, ReadonlyArray<string>>
  readonly pendingProcesses: TaskEither<StoreFailed, ReadonlyArray<PendingProcess>>
  /** Deletes what the outbox has of these processes. */
  readonly dropProcesses: (
    processes: ReadonlyArray<PendingProcess>,
  ) => TaskEither<StoreFailed, void>
  /**
   * A page of all streams that there is anything of, in the order of the code points of their ids: also closed, archived and
   * erased ones. The version of an erased one is 1.
   */
  readonly streams: (
    range: Pick<StreamsRange, 'after' | 'limit'>,
  ) => TaskEither<StoreFailed, ReadonlyArray<Pick<StreamSummary, 'streamId' | 'version'>>>
  /** The version of a stream; one that was erased has no end. */
  readonly reached: (streamId: StreamId) => TaskEither<StoreFailed, number>
  /**
   * Deletes these streams with everything that belongs to them: tags, ids of commands, snapshots, what subscriptions hold, what is
   * in the archive, and what stands for a closed or an erased one.
   * The one with the last event of all is kept, for subscriptions have got as far as that. Answers how many were deleted.
   * Never called with streams that their shard does not have as far as this one.
   */
  readonly dropStreams: (streamIds: ReadonlyArray<StreamId>) => TaskEither<StoreFailed, number>
}
