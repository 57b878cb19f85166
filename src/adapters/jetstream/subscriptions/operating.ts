import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { subscriptionNotFound, type SubscriptionNotFound } from '../../../core/errors/operator'
import type { StoreFailed } from '../../../core/errors/store'
import type { ActionSubject } from '../../../core/operator/actions'
import { type Deadline, deadlineOf } from '../link'
import { decodeToken } from '../subjects'
import { type Bucket, keysBelow } from './bucket'
import { changing, type Decided, type Looked } from './changing'
import { type LeaseRecord, type PartitionRecord, type SubscriptionRecord } from './records'

type Answer<Found> = Promise<E.Either<StoreFailed, Found>>

/** The names of all subscriptions, in their order. */
export const subscriptionNames = async (
  bucket: Bucket,
  deadline: Deadline,
): Answer<ReadonlyArray<string>> => {
  const keys = await keysBelow(bucket, 'subscription.', deadline)
  if (E.isLeft(keys)) return keys
  return E.right(
    keys.right
      .flatMap((key) => decodeToken(key.slice('subscription.'.length)) ?? [])
      .toSorted((left, right) => (left < right ? -1 : 1)),
  )
}

export const everyPartition = ({ leases }: SubscriptionRecord): ReadonlyArray<number> => [
  ...leases.keys(),
]

/** A subscription and all its partitions; nothing is written. */
export const lookAt = (
  bucket: Bucket,
  name: string,
  deadline: Deadline,
): Answer<Looked | undefined> =>
  changing(bucket, { name, numbers: everyPartition }, (looked) => ({ answer: looked }), deadline)

/** Who holds a lease now. */
export const ownerOf = ({ owner, leasedUntil }: LeaseRecord, now: number): string | undefined =>
  leasedUntil >= now ? owner : undefined

/** What decides whether an action is allowed. No subscription in a bucket makes a projection. */
export const subjectOf = ({ subscription: { leases }, now }: Looked): ActionSubject => {
  const lease = leases.find((one) => ownerOf(one, now) !== undefined)
  return {
    projection: undefined,
    running:
      lease === undefined
        ? undefined
        : { owner: lease.owner ?? '', heartbeatAge: now - (lease.heartbeatAt ?? now) },
  }
}

/** Changes what there is once for all partitions. */
export const changeSubscription =
  (bucket: Bucket) =>
  (
    name: string,
    change: (subscription: SubscriptionRecord, now: number) => SubscriptionRecord,
  ): TaskEither<StoreFailed | SubscriptionNotFound, void> =>
  async () => {
    const changed = await changing<'found'>(
      bucket,
      { name, numbers: () => [] },
      ({ subscription, now }) => ({ answer: 'found', subscription: change(subscription, now) }),
      deadlineOf(bucket),
    )
    if (E.isLeft(changed)) return changed
    return changed.right === undefined ? E.left(subscriptionNotFound(name)) : E.right(undefined)
  }

/** How one partition is changed, and what that adds to the answer; `undefined`: not at all. */
export type PartitionChange<Part> = (
  partition: PartitionRecord,
  number: number,
) => { readonly partition: PartitionRecord; readonly parts: ReadonlyArray<Part> } | undefined

/**
 * Changes partitions, each by itself: an owner that saves its steps meanwhile is in the way of its own one only. One that has
 * no failure any more is not stopped any more.
 */
export const changePartitions =
  (bucket: Bucket) =>
  <Part>(
    name: string,
    change: PartitionChange<Part>,
  ): TaskEither<StoreFailed | SubscriptionNotFound, ReadonlyArray<Part>> =>
  async () => {
    const deadline = deadlineOf(bucket)
    const looked = await lookAt(bucket, name, deadline)
    if (E.isLeft(looked)) return looked
    if (looked.right === undefined) return E.left(subscriptionNotFound(name))
    const parts: Part[] = []
    for (const [number, before] of looked.right.partitions) {
      if (change(before, number) === undefined) continue
      const decide = ({ subscription, partitions }: Looked): Decided<ReadonlyArray<Part>> => {
        const found = partitions.get(number)
        const changed = found && change(found, number)
        if (changed === undefined) return { answer: [] }
        const goesOn = found?.failure !== undefined && changed.partition.failure === undefined
        const leases = subscription.leases.map(({ isStopped, ...lease }, index) =>
          isStopped === undefined || index === number ? lease : { ...lease, isStopped },
        )
        return {
          answer: changed.parts,
          partitions: new Map([[number, changed.partition]]),
          ...(goesOn ? { subscription: { ...subscription, leases } } : {}),
        }
      }
      const done = await changing(bucket, { name, numbers: () => [number] }, decide, deadline)
      if (E.isLeft(done)) return done
      parts.push(...(done.right ?? []))
    }
    return E.right(parts)
  }
