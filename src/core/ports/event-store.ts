import type { TaskEither } from 'fp-ts/TaskEither'
import type { Appended, AppendRequest } from '../append'
import type { AppendError, ReadError } from '../errors/unions'
import type { StoreFailed } from '../errors/store'
import type { Json } from '../json'
import type { StoredEvent } from '../recorded-event'
import type { Position, StreamId, StreamVersion } from '../stream'

/** A state as it lies in the store. */
export interface StoredSnapshot {
  readonly streamId: StreamId
  /** The version of the stream at which this was the state. 1 or more. */
  readonly version: StreamVersion
  /** The version of the state codec that wrote it. */
  readonly schemaVersion: number
  readonly state: Json
}

/** What a load asks for. */
export interface LoadRequest {
  readonly streamId: StreamId
  /** The caller has the state at this version already: only later events are wanted. 0: from the start. */
  readonly after: StreamVersion
  /** The newest snapshot of this schema version is wanted, if it is later than `after`. */
  readonly snapshotSchema?: number
  /** Was a command with this id carried out here before? */
  readonly commandId?: string
  /** Events at most in this answer. 1 or more. */
  readonly limit: number
}

/** A command that was carried out before. */
export interface CommandRecord {
  /** The version before its events. */
  readonly after: StreamVersion
  readonly eventCount: number
  /** As it was given with the command. Left out: it had none. */
  readonly fingerprint?: string | undefined
}

/** What a load answers: all of it seen at one moment. */
export interface Loaded {
  /**
   * The stream's version at that moment, whatever was asked for; 0 if it was never written to. Below
   * `after`: the store has lost events that the caller has seen, so the caller's state must be dropped.
   */
  readonly version: StreamVersion
  readonly snapshot?: StoredSnapshot
  /** Later than the snapshot, or than `after`; oldest first; versions without a gap. */
  readonly events: ReadonlyArray<StoredEvent>
  /** Whether there are more events: go on with {@link EventStore.read}. */
  readonly more: boolean
  readonly handled?: CommandRecord
}

/** Which events of a stream. */
export interface StreamRange {
  /** Only later versions. 0: from the start. */
  readonly after: StreamVersion
  /** Events at most in this page. 1 or more. */
  readonly limit: number
}

/** Some events of one stream. */
export interface StreamPage {
  /** Oldest first. Empty for a stream that was never written to. */
  readonly events: ReadonlyArray<StoredEvent>
  readonly more: boolean
}

/** Which events of the whole store. */
export interface StoreRange {
  /** Only later positions. 0: from the start. */
  readonly after: Position
  /** Events at most in this page. 1 or more. */
  readonly limit: number
  /** Only these categories. Left out: all. */
  readonly categories?: ReadonlyArray<string>
  /** Only these event types. Left out: all. */
  readonly types?: ReadonlyArray<string>
}

/** Some events of the whole store, in the order of their positions. */
export interface StorePage {
  readonly events: ReadonlyArray<StoredEvent>
  /**
   * Everything up to here has been seen: nothing at or before it can appear any more, whoever is still
   * writing. Read on after it. Never above `highest`, unless `after` was.
   */
  readonly upTo: Position
  /**
   * The highest position of all that could be seen, or one that was seen a moment ago; 0 for an empty store. A
   * reader that is beyond it has not read this store, or the store has lost events.
   */
  readonly highest: Position
  /**
   * Which store this is: another one after a restore that has changed what positions stand for. A position of
   * one lineage says nothing about another.
   */
  readonly lineage: string
  /** Whether there is more to be read right now. */
  readonly more: boolean
}

/** A stream, for a list of them. */
export interface StreamSummary {
  readonly streamId: StreamId
  readonly version: StreamVersion
  /** When its last event was recorded. Milliseconds since 1970-01-01 UTC. */
  readonly recordedAt: number
}

/** Which streams. */
export interface StreamsRange {
  /** Only streams whose id comes later in the order of code points. Empty: from the start. */
  readonly after: StreamId
  readonly limit: number
  readonly category?: string
}

/**
 * Where events are kept. An adapter stores what it is given and checks nothing about its meaning:
 * codecs are the shell's work. Every adapter passes the store contract of `reprise/testing`.
 */
export interface EventStore {
  /**
   * Adds events to one stream: all of them, or none.
   *
   * Fails with
   * - `VersionConflict`: the stream is not where `expectedVersion` says. Load again, decide again.
   * - `CommandAlreadyHandled`: one of the commands was carried out before.
   * - `InvalidStreamId`, `InvalidAppend`, `UnencodableEvent`, `LimitExceeded`: see {@link appendError}.
   * - `ProjectionFailed`: an inline projection refused.
   * - `StoreFailed`: the store refused or did not answer. With outcome `unknown` the events may have
   *   been stored.
   */
  readonly append: (request: AppendRequest) => TaskEither<AppendError, Appended>

  /** Snapshot, later events and the command mark, in one go. A stream never written to is empty, not an error. */
  readonly load: (request: LoadRequest) => TaskEither<ReadError, Loaded>

  /** A page of one stream. */
  readonly read: (streamId: StreamId, range: StreamRange) => TaskEither<ReadError, StreamPage>

  /**
   * A page of the whole store, up to the safe horizon: no event is ever skipped.
   *
   * Fails with `StoreFailed`, where that cannot be promised with reason `ReadOnlyReplica`, `SequenceBehind` or
   * `SchemaRenamed`.
   */
  readonly readAll: (range: StoreRange) => TaskEither<StoreFailed, StorePage>

  /** A page of the streams, in the order of the code points of their ids. */
  readonly streams: (range: StreamsRange) => TaskEither<StoreFailed, ReadonlyArray<StreamSummary>>

  /** Keeps a snapshot, unless a later one of the same stream and schema version is there. */
  readonly saveSnapshot: (snapshot: StoredSnapshot) => TaskEither<ReadError, void>
}
