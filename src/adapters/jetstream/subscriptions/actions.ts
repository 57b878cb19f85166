import * as E from 'fp-ts/Either'
import {
  partitionsApart,
  type PartitionsApart,
  subscriptionExists,
  subscriptionNotFound,
  type SubscriptionNotFound,
  type SubscriptionRunning,
} from '../../../core/errors/operator'
import type { StoreFailed } from '../../../core/errors/store'
import {
  newNameError,
  partitionsError,
  positionError,
  runningError,
} from '../../../core/operator/actions'
import { partitionOf } from '../../../core/partition'
import type { Operator, RunningOwners } from '../../../core/ports/operator'
import { deadlineOf } from '../link'
import { type Bucket, type Change, purgeKeys, purgeSubscription, readEntry } from './bucket'
import { changing, type Decided, keyOfPartition, keyOfSubscription, type Looked } from './changing'
import { freeLease } from './claiming'
import { changePartitions, everyPartition, subjectOf } from './operating'
import {
  encodeRecord,
  type HeldRecord,
  newPartition,
  type PartitionRecord,
  type SubscriptionRecord,
} from './records'

/** What an action has come to: it was not allowed, or done. */
type Outcome<Refused, Done> = E.Either<Refused | SubscriptionRunning, Done>

const fenced = (partition: PartitionRecord): PartitionRecord => ({
  ...partition,
  token: partition.token + 1,
})

const allFree = (subscription: SubscriptionRecord): SubscriptionRecord => ({
  ...subscription,
  leases: subscription.leases.map(freeLease),
})

interface Repartitioned {
  readonly position: number
  /** The keys of the partitions that there were. `undefined`: they still are. */
  readonly old?: string
}

/** All partitions with a number of their own choice, at the lowest position, and what they hold back. */
const divided = (
  { subscription, partitions }: Looked,
  number: number,
): { readonly subscription: SubscriptionRecord; readonly others: ReadonlyArray<Change> } => {
  const all = [...partitions.values()]
  const lowest = Math.min(...all.map(({ position }) => position))
  const lineage = all.find(({ position }) => position === lowest)?.lineage
  const next: SubscriptionRecord = {
    ...subscription,
    generation: subscription.generation + 1,
    first: {
      position: lowest,
      token: Math.max(...all.map(({ token }) => token)) + 1,
      ...(lineage === undefined ? {} : { lineage }),
    },
    leases: Array.from({ length: number }, () => ({ leasedUntil: 0 })),
  }
  const held = all.flatMap((one) => one.held)
  const homeOf = ({ streamId }: HeldRecord): number => partitionOf(streamId, number)
  const others = [...new Set(held.map(homeOf))].map((index) => ({
    key: keyOfPartition(next, index),
    text: encodeRecord({
      ...newPartition(next),
      held: held.filter((stream) => homeOf(stream) === index),
    }),
    expected: undefined,
  }))
  return { subscription: next, others }
}

/** The actions that revoke the leases of a subscription. */
export const kvActions = (
  bucket: Bucket,
  horizon: Operator['horizon'],
): Pick<Operator, 'reset' | 'remove' | 'rename' | 'repartition'> => {
  /** Does something to a subscription that is not running, or whose owners are fenced off. */
  const act = async <Done, Refused = never>(
    name: string,
    owners: RunningOwners,
    decide: (looked: Looked) => Decided<Outcome<Refused, Done>>,
    needs: (subscription: SubscriptionRecord) => ReadonlyArray<number> = () => [],
  ): Promise<
    E.Either<StoreFailed | SubscriptionNotFound | SubscriptionRunning | Refused, Done>
  > => {
    const acted = await changing(
      bucket,
      { name, numbers: needs },
      (looked) => {
        const error = runningError(name, subjectOf(looked), owners)
        return error === undefined ? decide(looked) : { answer: E.left(error) }
      },
      deadlineOf(bucket),
    )
    if (E.isLeft(acted)) return acted
    return acted.right ?? E.left(subscriptionNotFound(name))
  }

  return {
    reset: (name, position, owners) => async () => {
      const end = await horizon()()
      if (E.isLeft(end)) return end
      const error = positionError(position, end.right.horizon)
      if (error !== undefined) return E.left(error)
      const freed = await act<undefined>(name, owners, ({ subscription }) => ({
        answer: E.right(undefined),
        subscription: allFree(subscription),
      }))
      if (E.isLeft(freed)) return freed
      const moved = await changePartitions(bucket)<never>(
        name,
        ({ lineage: _lineage, failure: _failure, ...partition }) => ({
          partition: { ...fenced(partition), position, held: [] },
          parts: [],
        }),
      )()
      return E.isLeft(moved) ? moved : E.right(undefined)
    },
    remove: (name, owners) => async () => {
      const removed = await act<string>(name, owners, ({ subscription }) => ({
        answer: E.right(subscription.id),
        subscription: 'removed',
      }))
      if (E.isLeft(removed)) return removed
      return purgeSubscription(bucket, removed.right)
    },
    rename: (name, to, owners) => async () => {
      const malformed = newNameError(name, to)
      if (malformed !== undefined) return E.left(malformed)
      const key = keyOfSubscription(to)
      const taken = await readEntry(bucket, key, deadlineOf(bucket))
      if (E.isLeft(taken)) return taken
      if (taken.right.text !== undefined) return E.left(subscriptionExists(to))
      const renamed = await act<undefined>(name, owners, ({ subscription }) => ({
        answer: E.right(undefined),
        subscription: 'removed',
        others: [
          {
            key,
            text: encodeRecord(allFree(subscription)),
            expected: taken.right.sequence,
          },
        ],
      }))
      if (E.isLeft(renamed)) return renamed
      const done = await changePartitions(bucket)<never>(to, (partition) => ({
        partition: fenced(partition),
        parts: [],
      }))()
      return E.isLeft(done) ? done : E.right(undefined)
    },
    repartition:
      (name, { partitions: number, owners, apart }) =>
      async () => {
        const malformed = partitionsError(number)
        if (malformed !== undefined) return E.left(malformed)
        const decide = (looked: Looked): Decided<Outcome<PartitionsApart, Repartitioned>> => {
          const positions = [...looked.partitions.values()].map(({ position }) => position)
          const [lowest, highest] = [Math.min(...positions), Math.max(...positions)]
          const { subscription } = looked
          if (subscription.leases.length === number)
            return { answer: E.right({ position: lowest }) }
          if (lowest !== highest && apart === 'refuse') {
            return { answer: E.left(partitionsApart(name, lowest, highest)) }
          }
          const old = `partition.${subscription.id}.${subscription.generation}.>`
          return {
            answer: E.right({ position: lowest, old }),
            ...divided(looked, number),
            // Written too, so that an owner that saves a step meanwhile is noticed: it might hold a stream back.
            partitions: new Map([...looked.partitions].map(([key, one]) => [key, fenced(one)])),
          }
        }
        const done = await act(name, owners, decide, everyPartition)
        if (E.isLeft(done)) return done
        const { position, old } = done.right
        const purged =
          old === undefined ? E.right(undefined) : await purgeKeys(bucket, old, deadlineOf(bucket))
        return E.isLeft(purged) ? purged : E.right(position)
      },
  }
}
