import type { TaskEither } from 'fp-ts/TaskEither'
import type { Appended, AppendRequest } from '../append'
import type { AppendError, ReadError, ReadPageError } from '../errors/unions'
import type { StoreFailed } from '../errors/store'
import type { Json } from '../json'
import type { StoredEvent } from '../recorded-event'
import type { StreamId, StreamVersion } from '../stream'
import type { EventSource } from './event-source'

/** A state as it is stored. */
export interface StoredSnapshot {
  readonly streamId: StreamId
  /** The version of the stream at which this was the state. 1 or more. */
  readonly version: StreamVersion
  /** The version of the state codec that wrote it. */
  readonly schemaVersion: number
  readonly state: Json
}

/** What to load. */
export interface LoadRequest {
  readonly streamId: StreamId
  /** The caller has the state at this version already: only later events are wanted. 0: from the start. */
  readonly after: StreamVersion
  /** Also load the newest snapshot of this schema version, if it is later than `after`. Omitted: none. */
  readonly snapshotSchema?: number
  /** Also look up whether a command with this id was handled before on this stream. */
  readonly commandId?: string
  /** Events at most in this answer. 1 or more. */
  readonly limit: number
}

/** A command that was handled before. */
export interface CommandRecord {
  /** The version of the stream before its events. */
  readonly after: StreamVersion
  /** How many events it produced. 0: the decision was to do nothing. */
  readonly eventCount: number
  /** As it was given with the command. Left out: it had none. */
  readonly fingerprint?: string | undefined
}

/** The result of a load, all of it seen at one moment. */
export interface Loaded {
  /**
   * The stream's version at that moment, whatever the limit; 0 if it was never written to. Below `after`: the
   * store has lost events that the caller has seen, so the caller's state must be dropped.
   */
  readonly version: StreamVersion
  readonly snapshot?: StoredSnapshot
  /** Later than the snapshot, or than `after`; oldest first; versions without a gap. */
  readonly events: ReadonlyArray<StoredEvent>
  /** Whether there are more events: continue with {@link StreamStore.read}. */
  readonly more: boolean
  readonly handled?: CommandRecord
}

/** Which events of a stream. */
export interface StreamRange {
  /** Only later versions. 0: from the start. */
  readonly after: StreamVersion
  /** Only versions up to this one, included: the stream as it was then. 0 or more. Omitted: all. */
  readonly upTo?: StreamVersion
  /** Events at most in this page. 1 or more. */
  readonly limit: number
  /** Only events with one of these tags. Omitted: all. */
  readonly tags?: ReadonlyArray<string>
}

/** Which events of a stream, from the newest on. */
export interface BackwardsRange {
  /** Only versions below this one: the last one of the page before. 0 or more. Omitted: from the newest event on. */
  readonly before?: StreamVersion
  /** Events at most in this page. 1 or more. */
  readonly limit: number
  /** Only events with one of these tags. Omitted: all. */
  readonly tags?: ReadonlyArray<string>
}

/** Some events of one stream. */
export interface StreamPage {
  /** Oldest first, and of {@link StreamStore.readBackwards} newest first. Empty for a stream that was never written to. */
  readonly events: ReadonlyArray<StoredEvent>
  /** Whether there are more within the range. */
  readonly more: boolean
}

/** What is called after appends: see {@link StreamStore.afterAppend}. */
export interface AfterAppend {
  /**
   * Called with what one append has stored, as a read would give it: one event or more, oldest first, of one stream
   * after another. Nothing waits for a promise that it gives.
   */
  readonly run: (events: ReadonlyArray<StoredEvent>) => unknown
  /** Called with what `run` has thrown, or its promise was rejected with. What it throws itself is ignored. */
  readonly onError: (cause: unknown) => void
}

/** A stream in a list of streams. */
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
  /** Streams at most in this page. 1 or more. */
  readonly limit: number
  /** Only this category. Omitted: all. */
  readonly category?: string
  /** Only streams whose id begins with this, character by character: `account-A`. Omitted or empty: all. */
  readonly prefix?: string
}

/** How long what was made of events may stay in the memory of a process. */
export interface StateLifetime {
  /** Milliseconds since it was read. */
  readonly maxAge: number
  /** Another number than before: something was forgotten, and nothing that was read before may be used any more. */
  readonly epoch: () => number
}

/**
 * Where events are stored, for commands: by streams. An adapter stores what it is given and does not interpret it: codecs
 * are the shell's work. What follows events reads a source: see {@link EventSource}. Every adapter passes
 * `streamStoreContract` of `reprise/testing`.
 */
export interface StreamStore {
  /**
   * Adds events to one stream: all of them, or none.
   *
   * Fails with
   * - `VersionConflict`: the stream is not where `expectedVersion` says. Load again, decide again.
   * - `CommandAlreadyHandled`: one of the commands was handled before.
   * - `StreamErased`: an operator has erased it.
   * - `StreamClosed`: it was closed: see `Operator.closeStream`. It can still be read.
   * - `InvalidStreamId`, `InvalidAppend`, `UnencodableEvent`, `LimitExceeded`: see {@link appendError}.
   * - `ProjectionFailed`: an inline projection failed, so nothing was stored.
   * - `StoreFailed`: the store rejected the append or did not answer. With outcome `unknown` the events may
   *   have been stored. With reason `TagsNotDeclared` the tags of the category are enforced, and an event has no `tags`.
   */
  readonly append: (request: AppendRequest) => TaskEither<AppendError, Appended>

  /**
   * Snapshot, later events and the command mark, in one go. A stream never written to is empty, not an error.
   *
   * Fails with
   * - `InvalidStreamId`: not a valid stream id.
   * - `StreamErased`: an operator has erased it.
   * - `StoreFailed`: the store rejected the query or did not answer.
   */
  readonly load: (request: LoadRequest) => TaskEither<ReadError, Loaded>

  /**
   * A page of one stream, oldest events first.
   *
   * Fails with
   * - `InvalidQuery`: a `limit` below 1, or an `upTo` below 0 or that is no integer.
   * - whatever `load` fails with.
   */
  readonly read: (streamId: StreamId, range: StreamRange) => TaskEither<ReadPageError, StreamPage>

  /**
   * A page of one stream, newest events first: with a limit of n the newest n. Continue with `before`, the version of the
   * page's last event.
   *
   * Fails as `read` does; `InvalidQuery` for a `before` as for an `upTo`.
   */
  readonly readBackwards: (
    streamId: StreamId,
    range: BackwardsRange,
  ) => TaskEither<ReadPageError, StreamPage>

  /** How many events a stream has, without reading them. 0: never written to. Fails as `load` does. */
  readonly version: (streamId: StreamId) => TaskEither<ReadError, StreamVersion>

  /**
   * A page of the streams, in the order of the code points of their ids. Its cost is that of the page, however many
   * streams there are. A `prefix` that no id can begin with (a NUL in it, a lone surrogate) selects none.
   *
   * Fails with `StoreFailed`: the store rejected the query or did not answer.
   */
  readonly streams: (range: StreamsRange) => TaskEither<StoreFailed, ReadonlyArray<StreamSummary>>

  /**
   * Stores a snapshot, unless a later one of the same stream and schema version is stored already, or the stream was erased.
   *
   * Fails with
   * - `InvalidStreamId`: not a valid stream id.
   * - `StoreFailed`: the store rejected the write or did not answer. With outcome `unknown` it may have been
   *   stored.
   */
  readonly saveSnapshot: (snapshot: StoredSnapshot) => TaskEither<ReadError, void>

  /**
   * To be called by whatever gives events of a category their `tags`, before it first appends: the store keeps how far
   * they can be relied on. If there are events of the category, and this is the first time, then what reads by tags is
   * refused from then on (`StoreFailed` with reason `TagsIncomplete`) until they have been rebuilt: see
   * `Operator.beginTags`. Safe to repeat.
   *
   * Fails with `StoreFailed`: the store rejected it or did not answer.
   */
  readonly declareTags: (category: string) => TaskEither<StoreFailed, void>

  /**
   * Calls a hook after every append through this store that has stored events, until the returned function is called:
   * for caches, metrics and logs of this process.
   *
   * At most once, and in this process only. It is called after the commit, once the append has its answer, which it
   * neither delays nor changes. It is not called for what other processes append, for an append whose answer was lost
   * (`StoreFailed` with outcome `unknown`), for one that stored no event, for a command that was handled before, or for
   * what is appended inside a transaction of the caller's, whose commit the library does not see. What must not be missed
   * is a subscription's work.
   */
  readonly afterAppend: (hook: AfterAppend) => () => void

  /**
   * The name of the source that the positions of a stream are of, as this process knows it. `undefined`: not yet, for nothing
   * was asked of the stream. Omitted: there is one source only.
   */
  readonly sourceNameOf?: (streamId: StreamId) => string | undefined

  /** Omitted: what was read may be kept in memory as long as it is useful. A store with personal data has it. */
  readonly stateLifetime?: StateLifetime
}

/**
 * A store whose events, of all streams, lie in one order: it is its own and only source. Every adapter of one passes
 * `storeContract` of `reprise/testing`.
 */
export interface EventStore extends StreamStore, EventSource {}
