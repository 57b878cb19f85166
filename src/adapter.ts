/**
 * The names of `reprise/adapter`: what the author of a store needs: ports, limits, checks, and every error constructor.
 * Nothing in `src` imports this file.
 */
export {
  type Appended,
  appendError,
  type AppendRequest,
  type CommandMark,
  type RequestError,
} from './core/append'
export {
  type AppendedTogether,
  appendTogetherError,
  type AppendTogetherRequest,
  sightAfter,
} from './core/append-together'
export {
  type AppendCondition,
  type BoundaryQuery,
  matches,
  type QueryItem,
  queryProblem,
  rebuildsOf,
  type Sight,
  sightOf,
  sightProblem,
} from './core/boundary-query'
export type { ProcessAction } from './core/process-action'
export type { Category, Snapshots } from './core/category'
export {
  type ClockDrift,
  epoch,
  type HybridTime,
  isBefore,
  MAXIMUM_COUNTER,
  mergeClocks,
  tick,
} from './core/clock'
export type { CommandCodec, CommandTypes } from './core/codec/command-codec'
export type {
  EventCodec,
  EventType,
  EventTypes,
  Upcaster,
  WrittenEvent,
} from './core/codec/event-codec'
export type { StateCodec } from './core/codec/state-codec'
export {
  type DocumentIndexes,
  type DocumentPlaces,
  type ListFilter,
  placesOf,
  type SortRange,
  sortRange,
} from './core/document-index'
export { documentKeyIssue, keyRefusal, listRefusal, valueRefusal } from './core/document-key'
export {
  type BoundaryConflict,
  boundaryConflict,
  type CommandAlreadyHandled,
  commandAlreadyHandled,
  type StreamConflict,
  type VersionConflict,
  versionConflict,
  type VersionConflicts,
  versionConflicts,
} from './core/errors/conflict'
export type { DeciderThrew, Rejected, UserFunction } from './core/errors/decision'
export { type StreamClosed, streamClosed } from './core/errors/closed'
export { type StreamErased, streamErased } from './core/errors/erased'
export {
  type Limit,
  type LimitExceeded,
  limitExceeded,
  type UndecodableEvent,
  unencodableEvent,
  type UnencodableEvent,
} from './core/errors/event'
export type { SnapshotImpossible, VersionNotReached } from './core/errors/replay'
export {
  type InvalidAppend,
  invalidAppend,
  type InvalidCommand,
  type InvalidQuery,
  invalidQuery,
  invalidStreamId,
  type InvalidStreamId,
} from './core/errors/invalid'
export type {
  InvalidOperation,
  PartitionsApart,
  SubscriptionExists,
  SubscriptionKeepsProjection,
  SubscriptionNotFound,
  SubscriptionRunning,
  SubscriptionsBehind,
} from './core/errors/operator'
export type { InvalidTimer, UndecodableCommand, UnencodableCommand } from './core/errors/process'
export {
  type DocumentError,
  type NoEarlierBuild,
  type ProjectionError,
  type ProjectionNotBuilt,
  type ProjectionOutdated,
  type ProjectionRolledBack,
  type ProjectionSuperseded,
  type RebuildError,
  type TableError,
  type TablesNotCreated,
  tablesNotCreated,
  type UndecodableDocument,
} from './core/errors/projection'
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
export {
  type EndedItsProcess,
  type EventParked,
  type FailureNote,
  type LeaseLost,
  leaseLost,
  type HandlerFailed,
  handlerFailed,
  type HandlerTimedOut,
  type NotReachedYet,
  type SubscriptionError,
  type SubscriptionMismatch,
  type SubscriptionRemoved,
  type SubscriptionStopped,
  type WaitError,
  type CheckpointAhead,
  type OtherLineage,
  type PartitionStopped,
} from './core/errors/subscription'
export { type TransientFailure, transientFailure } from './core/errors/transient'
export type {
  AppendError,
  AppendTogetherError,
  HandleError,
  LoadError,
  ReadAllError,
  ReadError,
  ReadMatchingError,
  ReadPageError,
} from './core/errors/unions'
export { type ExpectedVersion, isExpectedVersion, versionFits } from './core/expected-version'
export { type Fault, faultOf } from './core/fault'
export { describeIssues, type Issue } from './core/issue'
export { type Json, jsonIssue, type JsonObject, jsonSize } from './core/json'
export { defaultLimits, type Limits } from './core/limits'
export type { Metadata } from './core/metadata'
export {
  type ActionOutcome,
  actionProblem,
  type AuditEntry,
  type AuditPage,
  type AuditRange,
  type OperatorAction,
  outcomeMessage,
} from './core/operator/audit'
export {
  type ArchivedStream,
  type Archiving,
  archivingProblem,
  type ClosedStream,
  type ClosedStreamsPage,
  type ClosedStreamsRange,
  hasTags,
  type NotArchived,
  notClosed,
  type Retired,
} from './core/operator/archiving'
export {
  type ArchivedStreamsPage,
  type ArchivedStreamsRange,
  type FilePlace,
  type FileRange,
  fileRefused,
  type FileRefusal,
  type ListedArchivedStream,
  type MoveToFile,
  moveToFileProblem,
  rangeDiffers,
  rangeGivenUp,
  type RangeToWrite,
  type UnusedRange,
  type WrittenRange,
  writtenRangeProblem,
} from './core/operator/moving-to-files'
export {
  archivedBackwardsPage,
  archivedContent,
  archivedPage,
} from './core/transfer/archived-content'
export { type ReadArchived, readArchivedFrom } from './archive/archived-events'
export { type Closing, closingProblem, type Closure, nothingToClose } from './core/operator/closing'
export {
  type ErasedDocument,
  type Erasing,
  erasingProblem,
  type Erasure,
  nothingToErase,
} from './core/operator/erasure'
export {
  type Forgetting,
  forgettingProblem,
  type ForgottenSubject,
  nothingToForget,
  subjectProblem,
} from './core/operator/forgetting'
export {
  asBeginning,
  isArchived,
  isSealed,
  noSuchVersion,
  type Truncating,
  truncatingProblem,
  type Truncation,
} from './core/operator/truncating'
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
  OperatedBuild,
  OutdatedInstance,
} from './core/operator/status'
export { partitionOf } from './core/partition'
export {
  parkAfter,
  parkAfterTime,
  type PoisonPolicy,
  stopAfter,
  stopAfterTime,
  type NextAttempt,
  nextAttempt,
} from './core/poison'
export type {
  Backend,
  Administration,
  FollowedStore,
  Migrated,
  NamedSource,
  SeveralSources,
  Source,
} from './core/ports/backend'
export type { BoundaryStore, MatchingPage, MatchingRange } from './core/ports/boundary-store'
export type { EventLocator } from './core/ports/event-locator'
export type { EventSource, StorePage, StoreRange } from './core/ports/event-source'
export type { ShardPart } from './core/ports/shard'
export { type ShardMap, type SlotMap, slotOf, SLOTS } from './core/slots'
export type { ArchiveFiles } from './core/ports/archive-files'
export { type AppendHooks, appendHooks } from './core/ports/append-hooks'
export type {
  AfterAppend,
  BackwardsRange,
  EventStore,
  CommandRecord,
  Loaded,
  LoadRequest,
  StoredSnapshot,
  StreamPage,
  StreamRange,
  StreamStore,
  StateLifetime,
  StreamsRange,
  StreamSummary,
} from './core/ports/event-store'
export type { InlineProjection, InlineStatement } from './core/ports/inline-projection'
export type {
  Decision,
  FoundSubscription,
  HeldEventRange,
  Operator,
  Repartition,
  RunningOwners,
  TagBatch,
} from './core/ports/operator'
export {
  isComplete,
  notTagged,
  taggableProblem,
  tagBatchProblem,
  type TaggedCategory,
  tagsIncomplete,
  tagsNotDeclared,
} from './core/tagged-category'
export type {
  BuildNumbers,
  BuildStatus,
  ReadModelDocument,
  DocumentListPage,
  DocumentListRange,
  DocumentPage,
  DocumentRange,
  DocumentWrite,
  ListPlace,
  OfVersion,
  ProjectionBuild,
  Projections,
  ProjectionStore,
  RolledBack,
  TransactionDocuments,
} from './core/ports/projection-store'
export type {
  DueTime,
  DueOutboxCommand,
  FailedOutboxCommand,
  OutboxCommand,
  Outbox,
  OutboxWrites,
} from './core/ports/outbox'
export type {
  Arrival,
  Claim,
  ClaimReport,
  DueStream,
  HeldLease,
  HeldStream,
  HoldChange,
  Lease,
  MissingFilter,
  NewSubscription,
  PartitionReport,
  CheckpointStep,
  StepEnd,
  StepStart,
  StoppedPartition,
  SubscriptionFilter,
  SubscriptionStore,
} from './core/ports/subscription-store'
export type {
  CommandRange,
  ExportedCommand,
  ExportedEvent,
  EventBytes,
  ExportedLines,
  ExportRange,
  ExportStart,
  HistoricEvent,
  ImportBatch,
  ImportLook,
  ImportProgress,
  KnownStreams,
  RawEvent,
  Refusal,
  Transfer,
} from './core/ports/transfer'
export type { HashChains, SealStep } from './core/ports/hash-chains'
export type { ChainHead } from './core/transfer/chain'
export { decodedEvent } from './core/transfer/encoded-event'
export type { Verifier } from './core/ports/verifier'
export type { StoreDefect, StoreRule } from './core/transfer/verify'
export {
  type ArchiveProblem,
  type ArchiveRejected,
  archiveRejected,
  type ImportOvertaken,
  importOvertaken,
} from './core/errors/transfer'
export { localWakeUps, type WakeUps } from './core/ports/wake-ups'
export type { Routed, ProcessManager } from './core/process-manager'
export type { HandlerContext } from './core/handler-context'
export type { OwnTables, BuildTables, TableHandling } from './core/ports/own-tables'
export type {
  BuiltProjection,
  DocumentProjection,
  Projection,
  ProjectionByKeys,
  TableProjection,
} from './core/projection'
export {
  backwardsRangeProblem,
  firstVersionAbove,
  lastVersion,
  storeRangeProblem,
  streamRangeProblem,
} from './core/read-range'
export type {
  DecodedPendingEvent,
  EventsPage,
  EncodedEvent,
  NewEvent,
  PendingEvent,
  Recorded,
  RecordedEvent,
  StoredEvent,
} from './core/recorded-event'
export { type ReachedState, type SnapshotPolicy, wantsSnapshot } from './core/snapshot-policy'
export {
  fromEnd,
  fromPosition,
  fromStart,
  fromTime,
  type SubscriptionStart,
} from './core/subscription-start'
export {
  canBeginId,
  categoryOf,
  MAXIMUM_POSITION,
  MAXIMUM_STREAM_ID_LENGTH,
  MAXIMUM_VERSION,
  type Position,
  type SourcePosition,
  type StreamId,
  streamId,
  streamIdError,
  type StreamVersion,
} from './core/stream'
export { type IdSource, idSource, type IdSourceOptions } from './shell/category/ids'
export type { Notice } from './shell/category/notice'
export type { TogetherPlace } from './shell/category/handle-together'
export type {
  RejectedTogether,
  TogetherCategories,
  TogetherCommands,
  TogetherOptions,
  TogetherPin,
  TogetherResults,
} from './shell/category/open-together'
export type {
  CategoryInTransaction,
  CategoryStore,
  InTransaction,
} from './shell/category/in-transaction'
export { defaultRetry, type RetryPolicy } from './shell/category/settings'
export type { OnSources } from './shell/sources'
export type { ProcessBackend } from './shell/outbox/run-process-manager'
export type { ProjectionBackend } from './shell/projection/environment'
export type { InlineHandler } from './shell/projection/inline'
export type { ListOptions } from './shell/projection/lists'
export type {
  BuildReader,
  ProjectionEntry,
  ProjectionList,
  ProjectionPage,
  ProjectionSource,
} from './shell/projection/reader'
export type { DispatchOptions } from './shell/outbox/dispatch-step'
export type { SubscriptionBackend } from './shell/subscription/environment'
export type { UntilReached, WaitsOn, WatchedSource } from './shell/subscription/until-reached'
export type { TransactionalSubscription } from './shell/subscription/run-subscription'
export type { WorkersEnd } from './shell/workers/run-workers'
export type { Worker, WorkerError, WorkerNotice } from './shell/workers/worker'
export type { WorkerHealth, WorkerState } from './shell/workers/worker-health'
export {
  logLine,
  type LogLevel,
  type LogLine,
  type NoticeLogger,
} from './shell/notices/log-notices'
export type { HandledNotice, Observed } from './shell/notices/notices'
export type {
  BackendSubjectKeys,
  StoredSubjectKey,
  SubjectKeyRange,
  SubjectKeys,
  WrappedSubjectKey,
} from './core/ports/subject-keys'
export { type Sealing, sealingWith } from './personal/sealed-backend'
