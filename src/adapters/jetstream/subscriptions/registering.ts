import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../../core/errors/store'
import type { NewSubscription } from '../../../core/ports/subscription-store'
import { eitherOf, missingIn } from '../../../core/subscription-filter'
import { type Deadline, isPast } from '../link'
import { type Bucket, serverTime, writeChanges } from './bucket'
import {
  changing,
  keyOfSubscription,
  pauseAfterConflict,
  readSubscription,
  tooManyConflicts,
} from './changing'
import {
  encodeRecord,
  newSubscription,
  type PartitionRecord,
  type SubscriptionRecord,
} from './records'

type Answer<Found> = Promise<E.Either<StoreFailed, Found>>

const every = ({ leases }: SubscriptionRecord): ReadonlyArray<number> => [...leases.keys()]

/**
 * Changes every partition, one after the other: an owner that saves its steps meanwhile is in the way of one change, and not
 * of all. A change may be made again.
 */
export const changeEach = async (
  bucket: Bucket,
  name: string,
  change: (partition: PartitionRecord) => PartitionRecord,
  deadline: Deadline,
): Answer<void> => {
  const found = await readSubscription(bucket, name, deadline)
  if (E.isLeft(found)) return found
  const { record } = found.right
  for (const number of record === undefined ? [] : every(record)) {
    const reading = { name, numbers: () => [number] }
    const changed = await changing(
      bucket,
      reading,
      ({ partitions }) => ({
        answer: undefined,
        partitions: new Map([...partitions].map(([key, partition]) => [key, change(partition)])),
      }),
      deadline,
    )
    if (E.isLeft(changed)) return changed
  }
  return E.right(undefined)
}

/** Partitions that something undecodable has stopped go on: a new release may decode it. */
const continueUndecodable = async (
  bucket: Bucket,
  name: string,
  deadline: Deadline,
): Answer<number | undefined> => {
  const stopped = (subscription: SubscriptionRecord): ReadonlyArray<number> =>
    every(subscription).filter((number) => subscription.leases[number]?.isStopped === true)
  return changing(
    bucket,
    { name, numbers: stopped },
    ({ subscription, partitions }) => {
      const answer = subscription.leases.length
      const going = new Map(
        [...partitions].flatMap(([number, { failure, ...partition }]) =>
          failure?.undecodable === true ? [[number, partition] as const] : [],
        ),
      )
      if (going.size === 0) return { answer }
      const leases = subscription.leases.map(({ isStopped, ...lease }, number) =>
        isStopped === undefined || going.has(number) ? lease : { ...lease, isStopped },
      )
      return { answer, partitions: going, subscription: { ...subscription, leases } }
    },
    deadline,
  )
}

/** An owner may have read ahead without what is declared now, so it is fenced off. That does not count as a crash. */
const fenceOff = (partition: PartitionRecord): PartitionRecord => ({
  ...partition,
  token: partition.token + 1,
  takeovers: -1,
})

/**
 * Creates a subscription, unless it exists, and extends its declared filter. Owners are fenced off before the filter grows, and
 * again if one has claimed in between: none may save a step that was read without the new part.
 */
export const register = async (
  bucket: Bucket,
  given: NewSubscription,
  deadline: Deadline,
): Answer<number> => {
  const { name } = given
  for (let conflicts = 0; ; conflicts++) {
    const [found, time] = await Promise.all([
      readSubscription(bucket, name, deadline),
      serverTime(bucket, deadline),
    ])
    if (E.isLeft(found)) return found
    if (E.isLeft(time)) return time
    const { record: known, sequence } = found.right
    const declared = newSubscription(given, time.right)
    const grows = known !== undefined && missingIn(declared.reads, known.reads) !== undefined
    if (known !== undefined && !grows) {
      const going = await continueUndecodable(bucket, name, deadline)
      if (E.isLeft(going)) return going
      if (going.right !== undefined) return E.right(going.right)
      continue // it was removed meanwhile
    }
    if (grows) {
      const fenced = await changeEach(bucket, name, fenceOff, deadline)
      if (E.isLeft(fenced)) return fenced
    }
    const next =
      known === undefined ? declared : { ...known, reads: eitherOf(known.reads, declared.reads) }
    const change = { key: keyOfSubscription(name), text: encodeRecord(next), expected: sequence }
    const written = await writeChanges(bucket, [change], deadline)
    if (E.isLeft(written)) return written
    if (known === undefined && written.right._tag === 'Stored') return E.right(given.partitions)
    if (isPast(deadline)) return E.left(tooManyConflicts)
    await pauseAfterConflict(conflicts)
  }
}
