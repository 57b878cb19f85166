import type { FailureNote } from '../../core/errors/subscription'
import type { PartitionReport } from '../../core/ports/subscription-store'
import { adaptingSize, type BatchSize } from './batch-size'
import { type Breaker, breaker } from './breaker'
import type { Settings } from './definition'
import { performance } from '../../platform/node'

/** What an instance remembers of a partition, across restarts of the work on it. */
export interface PartitionMemory {
  readonly size: BatchSize
  readonly breaker: Breaker
  /** How often in a row each stream or command has waited for the infrastructure. */
  readonly waits: Map<string, number>
  /** Since when it handles the current batch, by `performance.now()`. `undefined`: it is idle. */
  busySince: number | undefined
  /** The last failure, until it was reported. */
  trouble: FailureNote | undefined
  /** The token of the lease under which it has made progress after a take-over. */
  progressedWith: number | undefined
}

export const partitionMemory = ({ batchSize, batchTime, poison }: Settings): PartitionMemory => ({
  size: adaptingSize(batchSize, batchTime),
  breaker: breaker(poison),
  waits: new Map<string, number>(),
  busySince: undefined,
  trouble: undefined,
  progressedWith: undefined,
})

/**
 * What to report to the operator about the partitions; usually nothing.
 *
 * @param long - after how many milliseconds a busy partition is reported.
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

/** Clears the failures that were reported. */
export const clearReported = (
  memories: ReadonlyMap<number, PartitionMemory>,
  reports: ReadonlyArray<PartitionReport>,
): void => {
  for (const { partition, trouble } of reports) {
    const memory = memories.get(partition)
    if (memory !== undefined && memory.trouble === trouble) memory.trouble = undefined
  }
}
