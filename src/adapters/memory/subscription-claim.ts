import type { Claim, ClaimReport } from '../../core/ports/subscription-store'
import { missingIn } from '../../core/subscription-filter'
import type { MemoryPartition, MemorySubscription } from './subscription-state'

/** Who claims, until when, and what it reports. */
export interface MemoryClaim {
  readonly subscription: string
  readonly instance: string
  readonly until: number
  readonly report: ClaimReport
}

/** An owner that has not released the partition may have crashed: counts that for the next owner. */
const take = (partition: MemoryPartition, instance: string): void => {
  partition.takeovers = partition.owner === undefined ? 0 : partition.takeovers + 1
  if (partition.owner === undefined) partition.attempt = undefined
  partition.owner = instance
  partition.token++
}

/** Extends the leases of `instance`, and gives it its share of the partitions without an owner. */
export const claimed = (
  known: MemorySubscription,
  { subscription, instance, until, report }: MemoryClaim,
  now: number,
): Claim => {
  const { partitions, instances, pausedAt, reads } = known
  const { filter = {}, partitions: reports = [] } = report
  const outdated = missingIn(reads, filter)
  if (outdated !== undefined) {
    instances.delete(instance)
    known.outdated = { missing: outdated, at: now }
    return { leases: [], share: 0, stopped: [], outdated }
  }
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
      take(partition, instance)
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
    leases: partitions.flatMap(({ owner, token, position, lineage, takeovers }, number) => {
      if (owner !== instance || pausedAt !== undefined) return []
      const lease = { subscription, partition: number, token, position, takeovers }
      return [lineage === undefined ? lease : { ...lease, lineage }]
    }),
    stopped: partitions.flatMap(({ failure }, number) =>
      failure === undefined ? [] : [{ partition: number, failure }],
    ),
  }
}
