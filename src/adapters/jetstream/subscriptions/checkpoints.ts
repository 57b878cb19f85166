import * as E from 'fp-ts/Either'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import { leaseLost, type LeaseLost } from '../../../core/errors/subscription'
import type { CheckpointStep, HoldChange, Lease } from '../../../core/ports/subscription-store'
import { type Deadline, deadlineOf, isPast } from '../link'
import { type Bucket, type Change, serverTime, writeChanges } from './bucket'
import {
  type Found,
  isBefore,
  keyOfHeld,
  keyOfPartition,
  oldLeader,
  pauseAfterConflict,
  readPartition,
  readSubscription,
  tooManyConflicts,
} from './changing'
import {
  encodeRecord,
  type HeldRecord,
  type PartitionRecord,
  type SubscriptionRecord,
} from './records'

/** A partition that this process works on, as it has written it last. */
interface Remembered extends Found<PartitionRecord> {
  readonly subscription: Pick<SubscriptionRecord, 'id' | 'generation'>
}

type Saved = Promise<E.Either<StoreFailed | LeaseLost, void>>

const lost = ({ subscription, partition, token }: Lease): LeaseLost =>
  leaseLost(subscription, partition, token)

const held = (
  before: ReadonlyArray<HeldRecord>,
  holding: HoldChange | undefined,
  now: number,
): ReadonlyArray<HeldRecord> => {
  if (holding === undefined) return before
  const streamId = holding._tag === 'Hold' ? holding.stream.streamId : holding.streamId
  const others = before.filter((one) => one.streamId !== streamId)
  if (holding._tag === 'Release') return others
  const { failure, ...stream } = holding.stream
  const { retryAfter } = holding
  const record: HeldRecord = {
    ...stream,
    heldAt: now,
    ...(retryAfter === undefined ? {} : { retryAt: now + retryAfter }),
    ...(failure.undecodable === true ? { undecodable: true } : {}),
  }
  return [...others, record]
}

const stepped = (
  before: PartitionRecord,
  { position, lineage, holding }: CheckpointStep,
  now: number,
): PartitionRecord => ({
  ...before,
  position,
  ...(lineage === undefined ? {} : { lineage }),
  held: held(before.held, holding, now),
})

/** The reason of a held stream changes with it. */
const reasons = (
  subscription: Pick<SubscriptionRecord, 'id'>,
  holding: HoldChange | undefined,
): ReadonlyArray<Change> => {
  if (holding === undefined) return []
  const expected = undefined
  return holding._tag === 'Hold'
    ? [
        {
          key: keyOfHeld(subscription, holding.stream.streamId),
          text: JSON.stringify(holding.stream.failure),
          expected,
        },
      ]
    : [{ key: keyOfHeld(subscription, holding.streamId), text: undefined, expected }]
}

const unknown = storeFailed(
  'TimedOut',
  'unknown',
  new Error('the answer was lost, and the checkpoint was changed since'),
)

/**
 * Saves steps. An owner remembers its partition as it has written it, so a step is one message: it is refused if anybody
 * else has written the partition since, and only then it is read.
 */
export const savingSteps = (
  bucket: Bucket,
): ((step: CheckpointStep, effects: ReadonlyArray<Change>) => Saved) => {
  const remembered = new Map<string, Remembered>()

  const look = async (
    { subscription: name, partition }: Lease,
    deadline: Deadline,
  ): Promise<E.Either<StoreFailed, Remembered | undefined>> => {
    const found = await readSubscription(bucket, name, deadline)
    if (E.isLeft(found)) return found
    const { record } = found.right
    if (record === undefined || record.leases[partition] === undefined) return E.right(undefined)
    const read = await readPartition(bucket, record, partition, deadline)
    if (E.isLeft(read)) return read
    return E.right({
      ...read.right,
      subscription: { id: record.id, generation: record.generation },
    })
  }

  return async (step, effects) => {
    const { lease, after, holding } = step
    const deadline = deadlineOf(bucket)
    const place = `${lease.partition} ${lease.subscription}`
    const isIts = ({ record }: Remembered): boolean =>
      record.token === lease.token && record.position === after
    const memory = remembered.get(place)
    let known = memory !== undefined && isIts(memory) ? memory : undefined
    for (let conflicts = 0; ; conflicts++) {
      if (known === undefined) {
        const looked = await look(lease, deadline)
        if (E.isLeft(looked)) return looked
        if (isBefore(looked.right?.record, lease)) {
          if (isPast(deadline)) return E.left(oldLeader)
          await pauseAfterConflict(conflicts)
          continue
        }
        if (looked.right === undefined || !isIts(looked.right)) {
          remembered.delete(place)
          return E.left(lost(lease))
        }
        known = looked.right
      }
      const time = holding?._tag === 'Hold' ? await serverTime(bucket, deadline) : E.right(0)
      if (E.isLeft(time)) return time
      const { subscription, sequence } = known
      const record = stepped(known.record, step, time.right)
      const change: Change = {
        key: keyOfPartition(subscription, lease.partition),
        text: encodeRecord(record),
        expected: sequence,
      }
      const changes = [...reasons(subscription, holding), ...effects, change] as const
      const written = await writeChanges(bucket, [...changes.slice(0, -1), change], deadline)
      if (E.isRight(written) && written.right._tag === 'Stored') {
        remembered.set(place, { subscription, record, sequence: written.right.sequence })
        return E.right(undefined)
      }
      remembered.delete(place)
      if (E.isLeft(written)) return written
      if (written.right._tag === 'Unknown') return E.left(unknown)
      if (isPast(deadline)) return E.left(tooManyConflicts)
      if (conflicts > 0) await pauseAfterConflict(conflicts)
      known = undefined
    }
  }
}
