import * as E from 'fp-ts/Either'
import type { ReadError } from '../../core/errors/unions'
import { type Lag, partitionState, type PartitionStatus } from '../../core/operator/status'
import { partitionOf } from '../../core/partition'
import type { EventStore } from '../../core/ports/event-store'
import { neverInvalid } from '../../core/ports/never-invalid'
import { processOf } from '../../core/process-manager'
import type { MemoryDocuments } from './documents'
import type { MemoryReadSideState } from './read-side-state'
import { listOutbox, rejectedBy } from './outbox-store'
import type { MemoryPartition, MemorySubscription } from './subscription-state'

/** What the operator of a memory read side needs. */
export interface MemoryOutlook {
  readonly store: Pick<EventStore, 'read' | 'readAll'>
  readonly documents: MemoryDocuments
  readonly state: MemoryReadSideState
  readonly now: () => number
  readonly countUpTo: number
}

/** Which projection the subscription keeps a build of: active, or to become so. */
export const buildOf = (
  { builds, begun }: Pick<MemoryReadSideState, 'builds' | 'begun'>,
  subscription: string,
): PartitionStatus['build'] => {
  const [found] = [...builds]
    .filter(
      ([projection, { collection }]) =>
        collection === subscription || subscription.startsWith(`${projection}@`),
    )
    .sort(([left], [right]) => right.length - left.length)
  if (found === undefined) return undefined
  const [projection, { collection }] = found
  const build = begun.get(projection)?.find((one) => one.collection === subscription)
  const kept = build?.state === 'kept' ? { keptUntil: build.keptUntil } : {}
  return { projection, isActive: collection === subscription, ...kept }
}

/** Who holds the lease of a partition now. */
export const ownerOf = (
  { owner, leasedUntil }: MemoryPartition,
  now: number,
): string | undefined => (leasedUntil >= now ? owner : undefined)

const lagOf = async (
  { store, now, countUpTo }: MemoryOutlook,
  { reads, partitions }: MemorySubscription,
  number: number,
): Promise<E.Either<ReadError, Lag>> => {
  const after = partitions[number]?.position ?? 0
  const page = await neverInvalid(store.readAll({ ...reads, after, limit: countUpTo + 1 }))()
  if (E.isLeft(page)) return page
  const { events } = page.right
  const own = events.filter(({ streamId }) => partitionOf(streamId, partitions.length) === number)
  const moment = now()
  const oldest = own.reduce((first, { recordedAt }) => Math.min(first, recordedAt), moment)
  return E.right({
    events: Math.min(own.length, countUpTo),
    orMore: events.length > countUpTo,
    seconds: (moment - oldest) / 1000,
  })
}

/** Every partition of a subscription. */
export const statusOf = async (
  outlook: MemoryOutlook,
  subscription: string,
  known: MemorySubscription,
): Promise<E.Either<ReadError, ReadonlyArray<PartitionStatus>>> => {
  const { documents, state, now } = outlook
  const { partitions, pausedAt, createdAt, reads, outdated } = known
  const process = processOf(subscription)
  const parkedCommands =
    process === undefined
      ? 0
      : listOutbox(state, documents, process).filter(({ parked }) => parked).length
  const statuses: PartitionStatus[] = []
  for (const [number, partition] of partitions.entries()) {
    const lag = await lagOf(outlook, known, number)
    if (E.isLeft(lag)) return lag
    const { position, heartbeatAt, failure, busySince, lastTrouble, held } = partition
    const owner = ownerOf(partition, now())
    const waiting = [...held.values()].filter(
      ({ retryAt, decision }) => retryAt !== undefined || decision !== undefined,
    ).length
    statuses.push({
      subscription,
      partition: number,
      partitions: partitions.length,
      state: partitionState({ failure, pausedAt, owner }),
      position,
      lag: lag.right,
      owner,
      heartbeatAt,
      heartbeatAge: heartbeatAt === undefined ? undefined : now() - heartbeatAt,
      leasedUntil: partition.leasedUntil === 0 ? undefined : partition.leasedUntil,
      busySince,
      lastTrouble,
      failure,
      pausedAt,
      age: now() - createdAt,
      parked: held.size - waiting,
      waiting,
      parkedCommands: number === 0 ? parkedCommands : 0,
      rejectedCommands: number === 0 && process !== undefined ? rejectedBy(documents, process) : 0,
      categories: reads.categories,
      types: reads.types,
      tags: reads.tags,
      outdated: outdated && { ...outdated, age: now() - outdated.at },
      build: buildOf(state, subscription),
    })
  }
  return E.right(statuses)
}
