import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../../core/errors/store'
import type {
  Arrival,
  HeldStream,
  Lease,
  SubscriptionStore,
} from '../../../core/ports/subscription-store'
import type { Deadline } from '../link'
import { type Bucket, readEntry } from './bucket'
import { changing, keyOfHeld, type Looked } from './changing'
import {
  decodeFailure,
  type HeldRecord,
  isDue,
  isParked,
  type PartitionRecord,
  type SubscriptionRecord,
} from './records'

type Answer<Found> = Promise<E.Either<StoreFailed, Found>>

/** How many streams that are due are given at once. */
const MOST_DUE = 100

/** A held stream with its reason. */
export const heldStreamOf = async (
  bucket: Bucket,
  subscription: Pick<SubscriptionRecord, 'id'>,
  record: HeldRecord,
  deadline: Deadline,
): Answer<HeldStream> => {
  const { streamId, version, position, eventId, type, attempts } = record
  const reason = await readEntry(bucket, keyOfHeld(subscription, streamId), deadline)
  if (E.isLeft(reason)) return reason
  const failure = decodeFailure(reason.right.text)
  return E.right({ streamId, version, position, eventId, type, attempts, failure })
}

export const byPosition = (left: HeldRecord, right: HeldRecord): number =>
  left.position - right.position

/** What partitions hold back, and how far they have come. Every function is one of {@link SubscriptionStore}. */
export const heldIn = (
  bucket: Bucket,
  opened: <Answered>(
    work: (deadline: Deadline) => Answer<Answered>,
  ) => TaskEither<StoreFailed, Answered>,
): Pick<
  SubscriptionStore<never>,
  'heldStreams' | 'dueStreams' | 'retryUndecodable' | 'reached' | 'arrival'
> => {
  /** Reads, and writes nothing. */
  const reading = (
    name: string,
    numbers: (subscription: SubscriptionRecord) => ReadonlyArray<number>,
    deadline: Deadline,
  ): Answer<Looked | undefined> =>
    changing(bucket, { name, numbers }, (looked) => ({ answer: looked }), deadline)
  /** As the owner of a partition. */
  const readingOwn = (lease: Lease, deadline: Deadline): Answer<Looked | undefined> =>
    changing(
      bucket,
      { name: lease.subscription, numbers: only(lease), lease },
      (looked) => ({ answer: looked }),
      deadline,
    )
  const only =
    ({ partition }: Lease) =>
    ({ leases }: SubscriptionRecord): ReadonlyArray<number> =>
      partition < leases.length ? [partition] : []
  const every = ({ leases }: SubscriptionRecord): ReadonlyArray<number> => [...leases.keys()]

  return {
    heldStreams: (lease) =>
      opened(async (deadline) => {
        const looked = await readingOwn(lease, deadline)
        if (E.isLeft(looked)) return looked
        const held = looked.right?.partitions.get(lease.partition)?.held ?? []
        return E.right(held.map(({ streamId }) => streamId))
      }),
    dueStreams: (lease) =>
      opened(async (deadline) => {
        const looked = await readingOwn(lease, deadline)
        if (E.isLeft(looked)) return looked
        if (looked.right === undefined) return E.right([])
        const { now, subscription, partitions } = looked.right
        const due = (partitions.get(lease.partition)?.held ?? [])
          .filter((one) => isDue(one, now))
          .sort(byPosition)
          .slice(0, MOST_DUE)
        const streams = await Promise.all(
          due.map((one) => heldStreamOf(bucket, subscription, one, deadline)),
        )
        const given = []
        for (const [index, stream] of streams.entries()) {
          if (E.isLeft(stream)) return stream
          given.push({ ...stream.right, decision: due[index]?.decision ?? ('retry' as const) })
        }
        return E.right(given)
      }),
    retryUndecodable: (lease) =>
      opened(async (deadline) => {
        const isIts = (one: HeldRecord): boolean => isParked(one) && one.undecodable === true
        const changed = await changing(
          bucket,
          { name: lease.subscription, numbers: only(lease), lease },
          ({ partitions }) => {
            const own = partitions.get(lease.partition)
            if (own?.held.some(isIts) !== true) return { answer: undefined }
            const held = own.held.map((one) =>
              isIts(one) ? { ...one, decision: 'retry' as const } : one,
            )
            return { answer: undefined, partitions: new Map([[lease.partition, { ...own, held }]]) }
          },
          deadline,
        )
        return E.map(() => undefined)(changed)
      }),
    reached: (name) =>
      opened(async (deadline) => {
        const looked = await reading(name, every, deadline)
        if (E.isLeft(looked) || looked.right === undefined) return E.map(() => undefined)(looked)
        return E.right(lowest(looked.right.partitions))
      }),
    arrival: (name, wanted, streamId) =>
      opened(async (deadline) => {
        const looked = await reading(name, every, deadline)
        if (E.isLeft(looked)) return looked
        if (looked.right === undefined) return E.right(undefined)
        const { subscription, partitions } = looked.right
        const [stopped] = [...partitions].flatMap(([partition, { failure }]) =>
          failure === undefined ? [] : [{ partition, failure }],
        )
        const parked = [...partitions.values()]
          .flatMap(({ held }) => held)
          .find(
            (one) =>
              isParked(one) &&
              (one.position === wanted || (one.streamId === streamId && one.position <= wanted)),
          )
        const answer: Arrival = {
          position: lowest(partitions),
          ...(stopped === undefined ? {} : { stopped }),
        }
        if (parked === undefined) return E.right(answer)
        const stream = await heldStreamOf(bucket, subscription, parked, deadline)
        return E.map((one: HeldStream): Arrival => ({ ...answer, parked: one }))(stream)
      }),
  }
}

const lowest = (partitions: ReadonlyMap<number, PartitionRecord>): number =>
  Math.min(...[...partitions.values()].map(({ position }) => position))
