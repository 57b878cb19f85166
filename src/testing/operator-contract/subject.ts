import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { LeaseLost, HandlerFailed } from '../../core/errors/subscription'
import type { OperatorThresholds } from '../../core/operator/finding'
import type { PartitionStatus } from '../../core/operator/status'
import { partitionOf } from '../../core/partition'
import type { ArchiveFiles } from '../../core/ports/archive-files'
import type { EventStore } from '../../core/ports/event-store'
import type { Operator } from '../../core/ports/operator'
import type { Projections } from '../../core/ports/projection-store'
import type { Outbox, OutboxWrites } from '../../core/ports/outbox'
import type {
  HeldLease,
  HeldStream,
  NewSubscription,
  CheckpointStep,
  SubscriptionStore,
} from '../../core/ports/subscription-store'
import type { SubjectKeys } from '../../core/ports/subject-keys'
import type { Position, StreamId } from '../../core/stream'
import type { SuiteOf, Opened } from '../suites'
import { eventually } from '../eventually'
import { succeeds } from '../store-contract/checks'
import { anEvent, appendTo } from '../store-contract/fixtures'
import type { TestFiles } from './test-files'
import type { Transact } from '../transact'

/** What the operator must be made with. */
export interface OperatorSettings {
  /** Where the counting of events that are behind ends. */
  readonly countUpTo: number
  readonly thresholds: OperatorThresholds
  /** Where the store reads archived streams that are in files. */
  readonly archiveFiles: ArchiveFiles
}

/** What the tests run on, seen as what they need of it. */
export interface Operated extends Opened {
  readonly operator: Operator
  readonly store: EventStore
  /** What is written in its transactions is of no concern here. */
  readonly subscriptions: Omit<SubscriptionStore<never>, 'commit'> & {
    readonly commit: (
      step: CheckpointStep,
      work: () => TaskEither<HandlerFailed | StoreFailed, void>,
    ) => TaskEither<StoreFailed | LeaseLost | HandlerFailed, void>
  }
  readonly documents: Omit<Projections<never>, 'tables'>
  readonly transact: Transact<OutboxWrites>
  readonly outbox: Omit<Outbox<never>, 'inTransaction'>
  readonly subjectKeys: SubjectKeys
  /** Work with the keys of subjects, in one transaction. */
  readonly withKeys: Transact<SubjectKeys>
  /** Those that the store reads. */
  readonly files: TestFiles
}

export type Suite = SuiteOf<Operated>

/** Few enough to be counted past in a test. */
export const SETTINGS: Omit<OperatorSettings, 'archiveFiles'> = {
  countUpTo: 4,
  thresholds: { openAppend: 10_000, withoutOwner: 0, readModelLag: 0, outdatedInstance: 60_000 },
}

/** Longer than any test. Milliseconds. */
export const LONG = 60_000
/** A short time. Milliseconds. */
export const SHORT = 50

export const FAILURE = { message: 'no', stack: 'here' }

/** Creates a subscription. */
export const registered = async (
  { subscriptions }: Operated,
  name: string,
  first: Partial<Omit<NewSubscription, 'name'>> = {},
): Promise<void> => {
  await succeeds(subscriptions.register({ partitions: 1, position: 0, ...first, name }))
}

/** All leases of a subscription, for one instance. */
export const claimed = async (
  { subscriptions }: Operated,
  name: string,
  instance = 'worker',
  duration = LONG,
): Promise<ReadonlyArray<HeldLease>> =>
  (await succeeds(subscriptions.claim(name, instance, duration))).leases

/** The first lease of a subscription. */
export const claimOne = (subject: Operated, name: string, instance = 'worker') =>
  eventually(`a lease of ${name}`, async () => (await claimed(subject, name, instance))[0])

/** Appends events of a type to a stream, whatever is there. Answers their positions. */
export const appended = async (
  { store }: Operated,
  streamId: StreamId,
  types: ReadonlyArray<string>,
): Promise<ReadonlyArray<Position>> =>
  (
    await succeeds(
      store.append(
        appendTo(
          streamId,
          'any',
          types.map((type) => anEvent({}, {}, type)),
        ),
      ),
    )
  ).positions

export const heldStream = (
  streamId: StreamId,
  position: Position,
  more: Partial<HeldStream> = {},
): HeldStream => ({
  streamId,
  version: 1,
  position,
  eventId: crypto.randomUUID(),
  type: 'Counted',
  attempts: 1,
  failure: FAILURE,
  ...more,
})

/** Holds a stream back, parked unless it is going to be tried again. Answers the lease at its next place. */
export const hold = async (
  { subscriptions }: Operated,
  lease: HeldLease,
  stream: HeldStream,
  retryAfter?: number,
): Promise<HeldLease> => {
  const position = Math.max(lease.position, stream.position)
  const when = retryAfter === undefined ? {} : { retryAfter }
  const holding = { _tag: 'Hold', stream, ...when } as const
  await succeeds(subscriptions.save({ lease, after: lease.position, position, holding }))
  return { ...lease, position }
}

/** Makes a step for which nothing else is written. */
export const stepTo = async (
  { subscriptions }: Operated,
  lease: HeldLease,
  position: Position,
): Promise<void> => {
  await succeeds(subscriptions.save({ lease, after: lease.position, position }))
}

/** The status of the first partition. */
export const firstOf = async ({ operator }: Operated, name: string): Promise<PartitionStatus> => {
  const [first] = await succeeds(operator.status(name))
  return first ?? (await Promise.reject(new Error(`${name} has no partition`)))
}

/** The first of streams that belongs to a partition. */
export const streamIn = (partition: number, partitions: number): StreamId =>
  Array.from({ length: 1_000 }, (_, number) => `counter-${number}`).find(
    (streamId) => partitionOf(streamId, partitions) === partition,
  ) ?? 'counter-none'

/** A command of a process manager that could not be sent: parked. Answers its id. */
export const parkedCommand = async (
  { transact }: Operated,
  process: string,
  type: string,
): Promise<string> => {
  const id = `${process}:${type}`
  const metadata = { correlationId: type }
  const request = { process, key: 'one', id, command: { type }, metadata }
  await succeeds(transact(({ add }) => add(request, { _tag: 'Now' })))
  const failed = { process, id, attempts: 3, failure: FAILURE }
  await succeeds(transact((writes) => writes.failed(failed)))
  return id
}

/** Number, number of all, and position of each partition. */
export const shape = async ({ operator }: Operated, name: string) =>
  (await succeeds(operator.status(name))).map(({ partition, partitions, position }) => [
    partition,
    partitions,
    position,
  ])
