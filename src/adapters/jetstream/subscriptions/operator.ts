import * as E from 'fp-ts/Either'
import { subscriptionNotFound } from '../../../core/errors/operator'
import type { StoreFailed } from '../../../core/errors/store'
import {
  countUpToOf,
  type Finding,
  filtersFinding,
  horizonFinding,
  type OperatorThresholds,
  ownersFinding,
  parkedFinding,
  thresholdsOf,
} from '../../../core/operator/finding'
import { type HeldEvent, partitionState, type PartitionStatus } from '../../../core/operator/status'
import type { FollowedStore } from '../../../core/ports/backend'
import type { Operator } from '../../../core/ports/operator'
import { bothOf } from '../../../core/subscription-filter'
import { missingStream, streamFinding } from '../examine'
import { COUNTED, horizonOf, lagOf } from '../followed-events'
import { type Deadline, deadlineOf } from '../link'
import { streamInfo } from '../set-up'
import { kvActions } from './actions'
import { type Bucket, streamOf, wrongInBucket } from './bucket'
import type { Looked } from './changing'
import { byPosition, heldStreamOf } from './held'
import {
  changePartitions,
  changeSubscription,
  lookAt,
  ownerOf,
  subscriptionNames,
} from './operating'
import { type HeldRecord, isParked } from './records'

/**
 * What an operator can see and do where subscriptions are kept in a bucket. Nothing is archived, erased or rebuilt there, and no
 * commands are issued: the other functions of {@link Operator} do not exist on it. No action is recorded.
 */
export type KvOperator = Pick<
  Operator,
  | 'status'
  | 'find'
  | 'heldEvents'
  | 'decide'
  | 'resume'
  | 'skipStopped'
  | 'pause'
  | 'unpause'
  | 'narrow'
  | 'reset'
  | 'remove'
  | 'rename'
  | 'repartition'
  | 'horizon'
  | 'examine'
>

const MOST_BEHIND = 1_000
const MOST_NAMES = 20

/** Every partition of a subscription, without its lag. */
const statusesOf = (
  name: string,
  { now, subscription, partitions }: Looked,
): ReadonlyArray<Omit<PartitionStatus, 'lag'>> =>
  subscription.leases.flatMap((lease, number) => {
    const partition = partitions.get(number)
    if (partition === undefined) return []
    const { position, failure, lastTrouble, held } = partition
    const { heartbeatAt, leasedUntil, busySince } = lease
    const { pausedAt, createdAt, outdated, reads } = subscription
    const owner = ownerOf(lease, now)
    const parked = held.filter(isParked).length
    return {
      subscription: name,
      partition: number,
      partitions: subscription.leases.length,
      state: partitionState({ failure, pausedAt, owner }),
      position,
      owner,
      heartbeatAt,
      heartbeatAge: heartbeatAt === undefined ? undefined : now - heartbeatAt,
      leasedUntil: leasedUntil === 0 ? undefined : leasedUntil,
      busySince,
      lastTrouble,
      failure,
      pausedAt,
      age: now - createdAt,
      parked,
      waiting: held.length - parked,
      parkedCommands: 0,
      rejectedCommands: 0,
      categories: reads.categories,
      types: reads.types,
      tags: reads.tags,
      outdated: outdated && { ...outdated, age: now - outdated.at },
      build: undefined,
    }
  })

/** How an operator of subscriptions in a bucket looks at them. Every key is optional. */
export interface KvOperatorOptions {
  readonly thresholds?: Partial<OperatorThresholds>
  /** The limit up to which the lag is counted, in events. 1 to 1,000,000. Default 1,000. */
  readonly countUpTo?: number
}

/** What an operator looks at beside its bucket. */
interface Beside {
  /** The events that are followed. */
  readonly store: FollowedStore
  readonly examineEvents: () => Promise<E.Either<StoreFailed, ReadonlyArray<Finding>>>
}

/** The operator of the subscriptions in a bucket, which follow the events of a store. */
export const kvOperator = (
  bucket: Bucket,
  { store, examineEvents }: Beside,
  { thresholds = {}, countUpTo = COUNTED }: KvOperatorOptions,
): KvOperator => {
  const limits = thresholdsOf(thresholds)
  const counted = countUpToOf(countUpTo)
  const horizon = horizonOf(store)
  const change = changePartitions(bucket)
  const changeWhole = changeSubscription(bucket)

  const status: Operator['status'] = (only) => async () => {
    const deadline = deadlineOf(bucket)
    const names = only === undefined ? await subscriptionNames(bucket, deadline) : E.right([only])
    if (E.isLeft(names)) return names
    const all: PartitionStatus[] = []
    for (const name of names.right) {
      const looked = await lookAt(bucket, name, deadline)
      if (E.isLeft(looked)) return looked
      for (const one of looked.right === undefined ? [] : statusesOf(name, looked.right)) {
        const lag = await lagOf(store, one, counted)
        if (E.isLeft(lag)) return lag
        all.push({ ...one, lag: lag.right })
      }
    }
    return E.right(all)
  }

  /** A held event, and how many later ones of its stream it holds back. */
  const shown = async (
    { subscription, partitions }: Looked,
    record: HeldRecord,
    partition: number,
    deadline: Deadline,
  ): Promise<E.Either<StoreFailed, HeldEvent>> => {
    const stream = await heldStreamOf(bucket, subscription, record, deadline)
    if (E.isLeft(stream)) return stream
    const { streamId, version, decision, retryAt, heldAt } = record
    const { tags, types } = subscription.reads
    const range = { after: version, limit: MOST_BEHIND + 1 }
    const page = await store.read(streamId, tags === undefined ? range : { ...range, tags })()
    const reached = partitions.get(partition)?.position ?? 0
    const later = (E.isRight(page) ? page.right.events : []).filter(
      ({ position, type }) => position <= reached && (types?.includes(type) ?? true),
    ).length
    return E.right({
      ...stream.right,
      partition,
      decision,
      retryAt,
      triedAt: heldAt,
      parked: isParked(record),
      behind: { events: Math.min(later, MOST_BEHIND), orMore: later > MOST_BEHIND },
    })
  }

  return {
    status,
    horizon,
    ...kvActions(bucket, horizon),
    find: (name) => async () => {
      const deadline = deadlineOf(bucket)
      const names = await subscriptionNames(bucket, deadline)
      if (E.isLeft(names)) return names
      const existing: string[] = []
      for (const one of names.right) {
        const looked = await lookAt(bucket, one, deadline)
        if (E.isLeft(looked)) return looked
        if (looked.right !== undefined) existing.push(one)
      }
      return existing.includes(name)
        ? E.right({ subscription: name, projection: undefined })
        : E.left(subscriptionNotFound(name, existing.slice(0, MOST_NAMES)))
    },
    heldEvents:
      (name, { after, limit }) =>
      async () => {
        const deadline = deadlineOf(bucket)
        const found = await lookAt(bucket, name, deadline)
        if (E.isLeft(found)) return found
        const looked = found.right
        if (looked === undefined) return E.right({ events: [], more: false })
        const held = [...looked.partitions]
          .flatMap(([number, partition]) => partition.held.map((stream) => ({ stream, number })))
          .filter(({ stream }) => stream.position > after)
          .sort((left, right) => byPosition(left.stream, right.stream))
        const events: HeldEvent[] = []
        for (const { stream, number } of held.slice(0, limit)) {
          const event = await shown(looked, stream, number, deadline)
          if (E.isLeft(event)) return event
          events.push(event.right)
        }
        return E.right({ events, more: held.length > limit })
      },
    decide: (name, decision, positions) => async () => {
      const decided = await change(name, (partition) => {
        const meant = partition.held.filter(({ position }) => positions.includes(position))
        if (meant.length === 0) return undefined
        const held = partition.held.map((one) => (meant.includes(one) ? { ...one, decision } : one))
        return { partition: { ...partition, held }, parts: meant }
      })()
      if (E.isLeft(decided)) return decided
      return E.right(
        decided.right
          .toSorted(byPosition)
          .map(({ streamId, version, position, type }) => ({ streamId, version, position, type })),
      )
    },
    resume: (name) =>
      change(name, ({ failure, ...partition }, number) =>
        failure === undefined ? undefined : { partition, parts: [number] },
      ),
    skipStopped: (name, position) =>
      change(name, ({ failure, ...partition }, number) =>
        failure?.position !== position || partition.position >= position
          ? undefined
          : { partition: { ...partition, position }, parts: [number] },
      ),
    pause: (name) =>
      changeWhole(name, (known, now) => ({ ...known, pausedAt: known.pausedAt ?? now })),
    unpause: (name) => changeWhole(name, ({ pausedAt: _pausedAt, ...known }) => known),
    narrow: (name, filter) =>
      changeWhole(name, (known) => ({ ...known, reads: bothOf(known.reads, filter) })),
    examine: () => async () => {
      const [events, end] = [await examineEvents(), await horizon()()]
      if (E.isLeft(events)) return events
      if (E.isLeft(end)) return end
      const found = [...events.right, horizonFinding(end.right)]
      const info = await streamInfo(bucket, streamOf(bucket), deadlineOf(bucket))
      if (E.isLeft(info)) return info
      if (info.right === undefined) return E.right([...found, missingStream(streamOf(bucket))])
      const partitions = await status()()
      if (E.isLeft(partitions)) return partitions
      return E.right([
        ...found,
        streamFinding(info.right, wrongInBucket(info.right)),
        ownersFinding(partitions.right, limits),
        filtersFinding(partitions.right, limits),
        parkedFinding(partitions.right),
      ])
    },
  }
}
