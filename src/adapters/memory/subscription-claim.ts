import type { Claim } from '../../core/ports/subscription-store'
import type { MemorySubscription } from './subscription-state'

/** Prolongs what `instance` has, and gives it its share of what nobody has. */
export const claimed = (
  { partitions, instances }: MemorySubscription,
  { subscription, instance }: { readonly subscription: string; readonly instance: string },
  now: number,
  until: number,
): Claim => {
  instances.set(instance, until)
  for (const [other, leasedUntil] of instances) if (leasedUntil < now) instances.delete(other)
  const share = Math.ceil(partitions.length / instances.size)
  let owned = partitions.filter(({ owner }) => owner === instance).length
  for (const partition of partitions) {
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
    }
  }
  return {
    share,
    leases: partitions.flatMap(({ owner, token, position, lineage }, number) =>
      owner === instance
        ? [
            {
              subscription,
              partition: number,
              token,
              position,
              ...(lineage === undefined ? {} : { lineage }),
            },
          ]
        : [],
    ),
    stopped: partitions.flatMap(({ failure }, number) =>
      failure === undefined ? [] : [{ partition: number, failure }],
    ),
  }
}
