import type { FailureNote } from '../../core/errors/subscription'
import type { PartitionReport } from '../../core/ports/subscription-store'
import { adaptingSize, type BatchSize } from './batch-size'
import { type Breaker, breaker } from './breaker'
import type { Settings } from './definition'
import { performance } from '../timers'

/** What an instance remembers of a partition, also when its work begins again. */
export interface PartitionMemory {
  readonly size: BatchSize
  readonly breaker: Breaker
  /** How often in a row each stream or command has waited for the infrastructure. */
  readonly waits: Map<string, number>
  /** Since when it is at what it has in hand, by `performance.now()`. `undefined`: at nothing. */
  busySince: number | undefined
  /** What went wrong last, until it was reported. */
  trouble: FailureNote | undefined
  /** The token of the lease under which it has got on after a take-over. */
  gotOnWith: number | undefined
}

export const partitionMemory = ({ batchSize, batchTime, poison }: Settings): PartitionMemory => ({
  size: adaptingSize(batchSize, batchTime),
  breaker: breaker(poison),
  waits: new Map<string, number>(),
  busySince: undefined,
  trouble: undefined,
  gotOnWith: undefined,
})

/**
 * What an operator is to know of the partitions: as a rule, nothing.
 *
 * @param long - from when on it is worth telling that one is busy. Milliseconds.
 */
export const reportOf = (
  memories: ReadonlyMap<number, PartitionMemory>,
  long: number,
): ReadonlyArray<PartitionReport> =>
  [...memories].flatMap(([partition, { busySince, trouble }]) => {
    const busyFor = busySince === undefined ? 0 : Math.round(performance.now() - busySince)
    const busy = busyFor > long ? { busyFor } : {}
    const troubled = trouble === undefined ? {} : { trouble }
    return busyFor > long || trouble !== undefined ? [{ partition, ...busy, ...troubled }] : []
  })

/** These were told: they are not told again. */
export const reported = (
  memories: ReadonlyMap<number, PartitionMemory>,
  reports: ReadonlyArray<PartitionReport>,
): void => {
  for (const { partition, trouble } of reports) {
    const memory = memories.get(partition)
    if (memory !== undefined && memory.trouble === trouble) memory.trouble = undefined
  }
}
