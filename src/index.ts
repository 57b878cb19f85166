/** The names of `reprise`: the core and the shell. Nothing in `src` imports this file. */
export type { Appended, AppendRequest, CommandMark } from './core/append'
export { appendError } from './core/append'
export type { Category, Snapshots } from './core/category'
export {
  type ClockDrift,
  epoch,
  type HybridTime,
  isBefore,
  MAXIMUM_COUNTER,
  observe,
  tick,
} from './core/clock'
export { commandCodec, type CommandCodec, type CommandTypes } from './core/codec/command-codec'
export {
  eventCodec,
  type EventCodec,
  eventType,
  type EventType,
  type EventTypes,
  type Upcaster,
} from './core/codec/event-codec'
export { stateCodec, type StateCodec } from './core/codec/state-codec'
export { type Decider, type Evolver, replay, replayFrom } from './core/decider'
export {
  commandAlreadyHandled,
  type CommandAlreadyHandled,
  versionConflict,
  type VersionConflict,
} from './core/errors/conflict'
export { type DeciderThrew, type Rejected, type UserFunction } from './core/errors/decision'
export {
  type Limit,
  limitExceeded,
  type LimitExceeded,
  type UndecodableEvent,
  unencodableEvent,
  type UnencodableEvent,
} from './core/errors/event'
export type { SnapshotImpossible, VersionNotReached } from './core/errors/history'
export {
  invalidAppend,
  type InvalidAppend,
  type InvalidCommand,
  invalidStreamId,
  type InvalidStreamId,
} from './core/errors/invalid'
export {
  overloaded,
  type Overloaded,
  projectionFailed,
  type ProjectionFailed,
  storeFailed,
  type StoreFailed,
  type StoreFailure,
} from './core/errors/store'
export type { AppendError, HandleError, LoadError, ReadError } from './core/errors/unions'
export { type ExpectedVersion, isExpectedVersion, versionFits } from './core/expected-version'
export { describeIssues, type Issue } from './core/issue'
export { type Json, jsonIssue, type JsonObject, jsonSize } from './core/json'
export { defaultLimits, type Limits } from './core/limits'
export type { Metadata } from './core/metadata'
export type {
  EventStore,
  HandledCommand,
  Loaded,
  LoadRequest,
  StoredSnapshot,
  StorePage,
  StoreRange,
  StreamPage,
  StreamRange,
  StreamsRange,
  StreamSummary,
} from './core/ports/event-store'
export type { InlineProjection } from './core/ports/inline-projection'
export type {
  EncodedEvent,
  NewEvent,
  Recorded,
  RecordedEvent,
  StoredEvent,
} from './core/recorded-event'
export {
  everyNEvents,
  never,
  type Reached,
  type SnapshotPolicy,
  wantsSnapshot,
  when,
} from './core/snapshot-policy'
export {
  categoryOf,
  MAXIMUM_POSITION,
  MAXIMUM_STREAM_ID_LENGTH,
  MAXIMUM_VERSION,
  type Position,
  streamId,
  type StreamId,
  streamIdError,
  type StreamVersion,
} from './core/stream'
export type { CommandOptions, Handled } from './shell/command-options'
export type { Environment } from './shell/environment'
export { idSource, type IdSource, type IdSourceOptions } from './shell/ids'
export type { Notice } from './shell/notice'
export { openCategory, type OpenCategory } from './shell/open-category'
export type { Current } from './shell/play'
export { defaultRetry, type RetryPolicy } from './shell/retry'
