import type { FailureNote } from '../../../core/errors/subscription'
import type {
  Arrival,
  Claim,
  HeldStream,
  MissingFilter,
  PartitionStatus,
  StoppedPartition,
  Trouble,
} from '../../../core/ports/subscription-store'

export interface ClaimRow {
  /** null: there is no row for a partition, only the share. */
  readonly partition: number | null
  readonly token: number
  readonly position: number
  readonly takeovers: number
  /** Not null: the partition stands still. */
  readonly failure: FailureNote | null
  readonly share: number | null
  /** Not null: the instance gets nothing. */
  readonly outdated: MissingFilter | null
}
export interface ArrivalRow {
  /** null: there is no such subscription. */
  readonly position: number | null
  readonly stopped: StoppedPartition | null
  readonly parked: HeldStream | null
}
export interface StatusRow {
  readonly subscription: string
  readonly partition: number
  readonly position: number
  readonly failure: FailureNote | null
  readonly owner: string | null
  readonly heartbeat_age: number | null
  readonly held: number
  readonly busy_since: number | null
  readonly last_trouble: Trouble | null
}

export const toClaim = (subscription: string, rows: ReadonlyArray<ClaimRow>): Claim => ({
  leases: rows.flatMap(({ partition, token, position, takeovers, failure }) =>
    partition === null || failure !== null
      ? []
      : [{ subscription, partition, token, position, takeovers }],
  ),
  share: rows[0]?.share ?? 0,
  stopped: rows.flatMap(({ partition, failure }) =>
    partition === null || failure === null ? [] : [{ partition, failure }],
  ),
  ...outdatedIn(rows),
})

const outdatedIn = ([row]: ReadonlyArray<ClaimRow>): Pick<Claim, 'outdated'> =>
  row === undefined || row.outdated === null ? {} : { outdated: row.outdated }

export const toArrival = (row: ArrivalRow | undefined): Arrival | undefined =>
  row === undefined || row.position === null
    ? undefined
    : {
        position: row.position,
        ...(row.stopped === null ? {} : { stopped: row.stopped }),
        ...(row.parked === null ? {} : { parked: row.parked }),
      }

export const toStatus = (row: StatusRow): PartitionStatus => ({
  subscription: row.subscription,
  partition: row.partition,
  position: row.position,
  held: row.held,
  owner: row.owner ?? undefined,
  heartbeatAge: row.heartbeat_age ?? undefined,
  failure: row.failure ?? undefined,
  busySince: row.busy_since ?? undefined,
  lastTrouble: row.last_trouble ?? undefined,
})
