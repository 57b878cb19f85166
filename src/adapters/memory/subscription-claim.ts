import type { Claim, PartitionReport } from '../../core/ports/subscription-store'
import type { MemorySubscription } from './subscription-state'

/** Who claims, until when, and what it reports. */
export interface MemoryClaim {
  readonly subscription: string
  readonly instance: string
  readonly until: number
  readonly reports: ReadonlyArray<PartitionReport>
}

/** Prolongs what `instance` has, and gives it its share of what has no owner. */
export const claimed = (
  { partitions, instances, pausedAt }: MemorySubscription,
  { subscription, instance, until, reports }: MemoryClaim,
  now: number,
): Claim => {
  instances.set(instance, until)
  for (const [other, leasedUntil] of instances) if (leasedUntil < now) instances.delete(other)
  const share = Math.ceil(partitions.length / instances.size)
  let owned = partitions.filter(({ owner }) => owner === instance).length
  for (const [number, partition] of partitions.entries()) {
    if (pausedAt !== undefined) break
    const free =
      partition.failure === undefined &&
      (partition.owner === undefined || partition.leasedUntil < now)
    if (partition.owner !== instance && free && owned < share) {
      partition.owner = instance
      partition.token++
      owned++
    }
    if (partition.owner === instance) {
      partition.leasedUntil = until
      partition.heartbeatAt = now
      const report = reports.find(({ partition: of }) => of === number)
      partition.busySince = report?.busyFor === undefined ? undefined : now - report.busyFor
      if (report?.trouble !== undefined) partition.lastTrouble = { ...report.trouble, at: now }
    }
  }
  return {
    share,
    leases: partitions.flatMap(({ owner, token, position }, number) =>
      owner === instance && pausedAt === undefined
        ? [{ subscription, partition: number, token, position }]
        : [],
    ),
    stopped: partitions.flatMap(({ failure }, number) =>
      failure === undefined ? [] : [{ partition: number, failure }],
    ),
  }
}
