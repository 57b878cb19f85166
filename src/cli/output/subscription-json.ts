import type { HeldEvent } from '../read-side/held'
import type { PartitionView } from '../read-side/partitions'

const time = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : new Date(milliseconds).toISOString()

/** A partition for machines. */
export const subscriptionJson = ({
  heartbeatAt,
  leasedUntil,
  heartbeatAge: _heartbeatAge,
  age: _age,
  ...view
}: PartitionView): object => ({
  ...view,
  heartbeatAt: time(heartbeatAt),
  leasedUntil: time(leasedUntil),
})

/** A held event for machines. */
export const heldJson = ({ triedAt, retryAt, ...event }: HeldEvent): object => ({
  ...event,
  triedAt: time(triedAt),
  retryAt: time(retryAt),
})
