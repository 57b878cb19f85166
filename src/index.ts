/** The names of `reprise`: what an application needs. Nothing in `src` imports this file. */
export type { View } from './core/algebra/view'
export { type ProcessAction, cancelTimer, send, sendAfter, sendAt } from './core/process-action'
export type { Category, Snapshots } from './core/category'
export { commandCodec, type CommandCodec } from './core/codec/command-codec'
export { eventCodec, type EventCodec, eventType } from './core/codec/event-codec'
export { stateCodec, type StateCodec } from './core/codec/state-codec'
export { type Decider, replay } from './core/decider'
export type { CommandIdReused, VersionConflict } from './core/errors/conflict'
export type { Rejected } from './core/errors/decision'
export type { RebuildError } from './core/errors/projection'
export type { StoreFailed } from './core/errors/store'
export type {
  NotReachedYet,
  SubscriptionError,
  SubscriptionStopped,
} from './core/errors/subscription'
export { transientFailure } from './core/errors/transient'
export type { HandleError, LoadError } from './core/errors/unions'
export type { ExpectedVersion } from './core/expected-version'
export { describeIssues, type Issue } from './core/issue'
export type { Metadata } from './core/metadata'
export {
  parkAfter,
  parkAfterTime,
  type PoisonPolicy,
  stopAfter,
  stopAfterTime,
} from './core/poison'
export type { Backend } from './core/ports/backend'
export type { InlineProjection } from './core/ports/inline-projection'
export type { ProcessManager } from './core/process-manager'
export type { Projection } from './core/projection'
export type { RecordedEvent } from './core/recorded-event'
export {
  everyNEvents,
  neverSnapshot,
  type SnapshotPolicy,
  snapshotWhen,
} from './core/snapshot-policy'
export { fromEnd, fromPosition, fromStart, fromTime } from './core/subscription-start'
export type { CommandOptions, CommandResult } from './shell/category/command-options'
export { type IdSource, idSource } from './shell/category/ids'
export type { Notice } from './shell/category/notice'
export { type OpenCategory, openCategory } from './shell/category/open-category'
export { type OpenTogether, openTogether, type TogetherError } from './shell/category/open-together'
export type { RetryPolicy } from './shell/category/retry'
export type { CategoryOptions } from './shell/category/settings'
export type { Dispatch } from './shell/outbox/dispatch-step'
export { type ProcessOptions, runProcessManager } from './shell/outbox/run-process-manager'
export type { ProjectionNotice } from './shell/projection/environment'
export type { ProjectionOptions } from './shell/projection/follow'
export { inlineDocuments, inlineProjection } from './shell/projection/inline'
export { type ProjectionReader, projectionReader } from './shell/projection/reader'
export { rebuildProjection } from './shell/projection/rebuild-projection'
export { rollBackProjection } from './shell/projection/roll-back-projection'
export { runProjection } from './shell/projection/run-projection'
export type { Versioned } from './shell/state/replay'
export type { SubscriptionOptions } from './shell/subscription/definition'
export type { RunOptions, SubscriptionNotice } from './shell/subscription/environment'
export {
  runSubscription,
  runSubscriptionInTransaction,
  type Subscription,
} from './shell/subscription/run-subscription'
export { untilReached } from './shell/subscription/until-reached'
export { runWorkers, type Workers, type WorkersOptions } from './shell/workers/run-workers'
export type { WorkersNotice } from './shell/workers/worker'
export type { WorkersHealth } from './shell/workers/worker-health'
