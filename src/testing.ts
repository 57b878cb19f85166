/** The names of `reprise/testing`. Nothing in `src` imports this file. */
export { arbitraryFromCodec, type Guard } from './testing/arbitrary-from-codec'
export type { ArbitrariesByName } from './testing/derive-arbitrary'
export { assertEventShapes, checkEventShapes, recordEventShapes } from './testing/event-shape-gate'
export type { EventShapes, ShapeReport } from './testing/event-shapes'
export { checkDecider } from './testing/laws/check-decider'
export type { BoundaryParts } from './testing/laws/boundary'
export type { DeciderCheck, DeciderCodecs } from './testing/laws/decider-check'
export {
  assertLaws,
  brokenLaws,
  describeLawReport,
  type LawBroken,
  type LawHeld,
  type LawNotChecked,
  type LawReport,
  type LawResult,
} from './testing/laws/report'
export {
  type AfterRequest,
  type ExpectedAnswer,
  type HttpApplication,
  type HttpSituation,
  httpSpecification,
  type HttpSpecification,
  inStream,
  type PendingRequest,
  type ReceivedAnswer,
  type RequestContent,
  type StreamEvents,
} from './testing/http-specification'
export {
  type BoundarySpecification,
  type Outcome,
  type Situation,
  specification,
  type Specification,
  type Specify,
} from './testing/specification'
export {
  eventSourceContract,
  type EventSourceContract,
  type SourceUnderContract,
  storeContract,
  type StoreContract,
  type StoreUnderContract,
  streamStoreContract,
  type StreamStoreContract,
  type StreamStoreUnderContract,
} from './testing/store-contract/contract'
export {
  boundaryStoreContract,
  type BoundaryStoreContract,
  type BoundaryStoreUnderContract,
} from './testing/store-contract/boundary-contract'
export type { Opened, TestWords } from './testing/suites'
export {
  type TenantBackend,
  tenantContract,
  type TenantContract,
  type TenantsUnderContract,
} from './testing/tenant-contract/contract'
export {
  operatorContract,
  type OperatorContract,
  type OperatorUnderContract,
} from './testing/operator-contract/contract'
export type { OperatorSettings } from './testing/operator-contract/subject'
export {
  projectionStoreContract,
  type ProjectionStoreContract,
  type ProjectionsUnderContract,
} from './testing/projection-contract/contract'
export {
  outboxContract,
  type RequestStoreContract,
  type RequestsUnderContract,
} from './testing/outbox-contract/contract'
export {
  subscriptionStoreContract,
  type SubscriptionStoreContract,
  type SubscriptionsUnderContract,
} from './testing/subscription-contract/contract'
export { transferContract, type TransferContract } from './testing/transfer-contract/contract'
export type { Transferred } from './testing/transfer-contract/subject'
export { type Transact, transactThrough } from './testing/transact'
export {
  type FaultKind,
  type FaultOptions,
  type FaultRates,
  type FaultyParts,
  injectFaults,
  jumpingClock,
  someFaults,
} from './testing/faults/inject-faults'
export { type Random, seededRandom } from './testing/faults/random'
export { checkHistory, type History } from './testing/history/check-history'
export type {
  Answer,
  AnswerEntry,
  CallEntry,
  HistoryEntry,
  OutboxChange,
  Question,
  SeenEvent,
  SentCommand,
  SentEvent,
  WorkEntry,
} from './testing/history/entries'
export { historyFile, historyLine } from './testing/history/history-file'
export {
  examineStore,
  type OpenForProof,
  type Proof,
  type ProofOptions,
  proveStore,
  recordedParts,
  type StoreUnderProof,
} from './testing/history/prove-store'
export {
  recordedDocuments,
  recordedOutbox,
  recordedSubscriptions,
} from './testing/history/recorded-backend'
export { recordedStore } from './testing/history/recorded-store'
export { recordedBoundaries } from './testing/history/recorded-boundaries'
export {
  type CategoryCall,
  recordedCommand,
  recordedState,
} from './testing/history/recorded-category'
export {
  historyRecorder,
  type HistoryRecorder,
  type RecorderOptions,
  type StepLog,
  type StepWork,
  type TransactionEnd,
} from './testing/history/recorder'
export type { DocumentRule, HistoryRules, ReplayedEvent } from './testing/history/replay-rules'
export {
  type BrokenPromise,
  describeViolation,
  type Finding,
  type Violation,
} from './testing/history/violation'
export type { Client, ClientWorld } from './testing/history/workload-world'
export { type Scheduler, scheduler } from './testing/simulation/scheduler'
export { simulateStore, type SimulationOptions } from './testing/simulation/simulate-store'
