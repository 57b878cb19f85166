import type { Claim, ClaimReport, PartitionReport } from '../../core/ports/subscription-store'
import { missingIn } from './subscription-filter'
import type { MemoryPartition, MemorySubscription } from './subscription-state'

interface Claimant {
  readonly subscription: string
  readonly instance: string
  readonly now: number
  /** Until when it wants the leases. */
  readonly until: number
}

const take = (partition: MemoryPartition, { instance }: Claimant): void => {
  partition.takeovers = partition.owner === undefined ? 0 : partition.takeovers + 1
  if (partition.takeovers === 0) partition.attempt = undefined
  partition.owner = instance
  partition.token++
}

const note = (
  partition: MemoryPartition,
  now: number,
  report: PartitionReport | undefined,
): void => {
  partition.busySince = report?.busyFor === undefined ? undefined : now - report.busyFor
  if (report?.trouble !== undefined) partition.lastTrouble = { ...report.trouble, at: now }
}

/** Prolongs what the claimant has, and gives it its share of what nobody has. */
export const claimed = (
  { partitions, instances, filter }: MemorySubscription,
  claimant: Claimant,
  { filter: known = {}, partitions: reports = [] }: ClaimReport,
): Claim => {
  const { subscription, instance, now, until } = claimant
  const outdated = missingIn(filter, known)
  if (outdated !== undefined) {
    instances.delete(instance)
    return { leases: [], share: 0, stopped: [], outdated }
  }
  instances.set(instance, until)
  for (const [other, leasedUntil] of instances) if (leasedUntil < now) instances.delete(other)
  const share = Math.ceil(partitions.length / instances.size)
  let owned = partitions.filter(({ owner }) => owner === instance).length
  for (const [number, partition] of partitions.entries()) {
    const free =
      partition.failure === undefined &&
      (partition.owner === undefined || partition.leasedUntil < now)
    if (partition.owner !== instance && free && owned < share) {
      take(partition, claimant)
      owned++
    }
    if (partition.owner === instance) {
      partition.leasedUntil = until
      partition.heartbeatAt = now
      const report = reports.find((one) => one.partition === number)
      note(partition, now, report)
    }
  }
  return {
    share,
    leases: partitions.flatMap(({ owner, token, position, takeovers }, number) =>
      owner === instance ? [{ subscription, partition: number, token, position, takeovers }] : [],
    ),
    stopped: partitions.flatMap(({ failure }, number) =>
      failure === undefined ? [] : [{ partition: number, failure }],
    ),
  }
}
