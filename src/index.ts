/** The names of `reprise`: the core and the shell. Nothing in `src` imports this file. */
export { combine } from './core/algebra/combine'
export {
  combineProcesses,
  type PartProcesses,
  type Processes,
} from './core/algebra/combine-processes'
export type { Deciders, PartDeciders } from './core/algebra/deciders'
export {
  DEFAULT_STEP_LIMIT,
  drive,
  type Driven,
  type DrivenDecider,
  type StepLimitReached,
  stepLimitReached,
} from './core/algebra/drive'
export {
  type Mealy,
  type MealyStep,
  type Reducer,
  type StateStored,
  toMealy,
  toReducer,
  toStateStored,
} from './core/algebra/interpretations'
export {
  KEY_SEPARATOR,
  type KeyedCommand,
  type KeyedEvent,
  type KeyedRejection,
  type PlainKeys,
} from './core/algebra/keyed'
export {
  type CommandFor,
  type EventOf,
  many,
  type RejectionOf,
  type StateByKey,
} from './core/algebra/many'
export { type KeyIn, manyBy } from './core/algebra/many-by'
export { filterCommand, mapCommand } from './core/algebra/map-command'
export { mapEvent } from './core/algebra/map-event'
export { mapRejection, recordRejection } from './core/algebra/map-rejection'
export { mapState } from './core/algebra/map-state'
export { neutral, type NeutralState } from './core/algebra/neutral'
export type { Iso, Prism } from './core/algebra/prism'
export {
  adaptProcess,
  type Process,
  type ProcessAdapter,
  reactTo,
  resumeFrom,
} from './core/algebra/process'
export { run, type Run, runFrom } from './core/algebra/run'
export { guardTerminal, ignoreTerminal, type Terminated, terminated } from './core/algebra/terminal'
export {
  combineViews,
  groupBy,
  mapViewEvent,
  type PartViews,
  type View,
  type Views,
} from './core/algebra/view'
export { type Appended, appendError, type AppendRequest, type CommandMark } from './core/append'
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
export { combineCommandCodecs, type CommandCodecs } from './core/codec/combine-command-codecs'
export { combineEventCodecs, type EventCodecs } from './core/codec/combine-event-codecs'
export { combineStateCodecs, type StateCodecs } from './core/codec/combine-state-codecs'
export { commandCodec, type CommandCodec, type CommandTypes } from './core/codec/command-codec'
export {
  eventCodec,
  type EventCodec,
  type EventType,
  eventType,
  type EventTypes,
  type Upcaster,
} from './core/codec/event-codec'
export { manyCommandCodec, manyEventCodec, manyStateCodec } from './core/codec/many-codecs'
export { stateCodec, type StateCodec } from './core/codec/state-codec'
export { type Decider, replay, replayFrom } from './core/decider'
export {
  type CommandAlreadyHandled,
  commandAlreadyHandled,
  type VersionConflict,
  versionConflict,
} from './core/errors/conflict'
export type { DeciderThrew, Rejected, UserFunction } from './core/errors/decision'
export {
  type Limit,
  type LimitExceeded,
  limitExceeded,
  type UndecodableEvent,
  unencodableEvent,
  type UnencodableEvent,
} from './core/errors/event'
export type { SnapshotImpossible, VersionNotReached } from './core/errors/history'
export {
  type InvalidAppend,
  invalidAppend,
  type InvalidCommand,
  invalidStreamId,
  type InvalidStreamId,
} from './core/errors/invalid'
export {
  type MigrationChanged,
  migrationChanged,
  type Overloaded,
  overloaded,
  type ProjectionFailed,
  projectionFailed,
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
  type StreamId,
  streamId,
  streamIdError,
  type StreamVersion,
} from './core/stream'
export type { CommandOptions, Handled } from './shell/category/command-options'
export type { CategoryOptions } from './shell/category/settings'
export { type IdSource, idSource, type IdSourceOptions } from './shell/category/ids'
export type { Notice } from './shell/category/notice'
export { type OpenCategory, openCategory } from './shell/category/open-category'
export type { Current } from './shell/state/replay'
export { defaultRetry, type RetryPolicy } from './shell/category/retry'

// The read side.
export { type Ask, cancelTimer, send, sendAfter, sendAt } from './core/ask'
export type { UndecodableCommand, UnencodableCommand } from './core/errors/process'
export type {
  ProjectionOutdated,
  ProjectionSuperseded,
  RebuildError,
  UndecodableDocument,
} from './core/errors/projection'
export type {
  FailureNote,
  FencedOff,
  HandlerFailed,
  NotProjectedYet,
  SubscriptionError,
  SubscriptionMismatch,
  SubscriptionStopped,
} from './core/errors/subscription'
export type {
  InvalidOperation,
  PartitionsApart,
  SubscriptionExists,
  SubscriptionKeepsProjection,
  SubscriptionNotFound,
  SubscriptionRunning,
} from './core/errors/operator'
export { defaultThresholds, type Finding, type OperatorThresholds } from './core/operator/finding'
export type { Horizon, HorizonHolder } from './core/operator/horizon'
export type {
  EventCount,
  HeldEvent,
  HeldEventPage,
  HeldEventRef,
  Lag,
  OutboxPage,
  OutboxRange,
  PartitionState,
  PartitionStatus,
  PendingOutboxCommand,
  Trouble,
} from './core/operator/status'
export { partitionOf } from './core/partition'
export { parkAfter, type PoisonPolicy, stopAfter, type Verdict, verdict } from './core/poison'
export type { Backend, Migrated } from './core/ports/backend'
export type { EventLocator } from './core/ports/event-locator'
export type {
  Decision,
  FoundSubscription,
  HeldEventRange,
  Operator,
  Repartition,
  RunningOwners,
} from './core/ports/operator'
export type {
  Document,
  DocumentPage,
  DocumentRange,
  DocumentWrite,
  ProjectionBuild,
  Projections,
  ProjectionStore,
  TransactionDocuments,
} from './core/ports/projection-store'
export type {
  Due,
  DueRequest,
  FailedRequest,
  Request,
  RequestStore,
  RequestWrites,
} from './core/ports/request-store'
export type {
  Claim,
  DueStream,
  HeldLease,
  HeldStream,
  Holding,
  Lease,
  NewSubscription,
  PartitionReport,
  Progress,
  StoppedPartition,
  SubscriptionStore,
} from './core/ports/subscription-store'
export { localWakeUps, type WakeUps } from './core/ports/wake-ups'
export type { Heard, ProcessManager } from './core/process-manager'
export type { Projection } from './core/projection'
export { fromEnd, fromPosition, fromStart, fromTime, type Start } from './core/start'
export type { Dispatch } from './shell/outbox/dispatch-step'
export {
  type ProcessBackend,
  type ProcessOptions,
  runProcessManager,
} from './shell/outbox/run-process-manager'
export type { ProjectionBackend, ProjectionNotice } from './shell/projection/environment'
export type { ProjectionOptions } from './shell/projection/follow'
export { inlineDocuments, type InlineHandler, inlineProjection } from './shell/projection/inline'
export {
  type Entry,
  type EntryPage,
  type ProjectionReader,
  readProjection,
} from './shell/projection/reader'
export { rebuildProjection } from './shell/projection/rebuild-projection'
export { runProjection } from './shell/projection/run-projection'
export type { SubscriptionOptions } from './shell/subscription/definition'
export type {
  EventSource,
  RunOptions,
  SubscriptionBackend,
  SubscriptionNotice,
} from './shell/subscription/environment'
export {
  subscribe,
  subscribeInTransaction,
  type Subscription,
  type TransactionalSubscription,
} from './shell/subscription/subscribe'
export { untilProjected } from './shell/subscription/until-projected'
