import type { BuildStatus } from '../../core/ports/projection-store'
import type { HeldEvent, PartitionStatus, PendingOutboxCommand } from '../../core/operator/status'

const time = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : new Date(milliseconds).toISOString()

/** A partition as JSON. What is absent is null. */
export const subscriptionJson = ({
  heartbeatAge: _heartbeatAge,
  age: _age,
  lastTrouble,
  ...status
}: PartitionStatus): object => ({
  ...status,
  owner: status.owner ?? null,
  failure: status.failure ?? null,
  categories: status.categories ?? null,
  types: status.types ?? null,
  tags: status.tags ?? null,
  build:
    status.build === undefined
      ? null
      : { ...status.build, keptUntil: time(status.build.keptUntil) },
  heartbeatAt: time(status.heartbeatAt),
  leasedUntil: time(status.leasedUntil),
  busySince: time(status.busySince),
  pausedAt: time(status.pausedAt),
  lastTrouble: lastTrouble === undefined ? null : { ...lastTrouble, at: time(lastTrouble.at) },
})

/** A build of a projection as JSON. */
export const buildJson = ({ begunAt, keptUntil, reached, ...build }: BuildStatus): object => ({
  ...build,
  begunAt: time(begunAt),
  keptUntil: time(keptUntil),
  reached: reached ?? null,
})

/** A held event as JSON. */
export const heldJson = ({ triedAt, retryAt, decision, ...event }: HeldEvent): object => ({
  ...event,
  triedAt: time(triedAt),
  retryAt: time(retryAt),
  decision: decision ?? null,
})

/** An outbox command as JSON. */
export const commandJson = ({
  dueAt,
  timer,
  failure,
  ...command
}: PendingOutboxCommand): object => ({
  ...command,
  dueAt: time(dueAt),
  timer: timer ?? null,
  failure: failure ?? null,
})
