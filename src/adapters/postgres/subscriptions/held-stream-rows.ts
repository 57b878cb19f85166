import type { FailureNote } from '../../../core/errors/subscription'
import type { DueStream, HeldStream, ParkedEvent } from '../../../core/ports/subscription-store'

/** A row of the held streams. */
export interface HeldRow {
  readonly stream_id: string
  readonly version: number
  readonly position: number
  readonly event_id: string
  readonly type: string
  readonly attempts: number
  readonly failure: FailureNote
}
export interface DueRow extends HeldRow {
  readonly decision: 'retry' | 'skip'
}
export interface ParkedRow extends HeldRow {
  readonly partition: number
  readonly parked: boolean
}

const toHeldStream = (row: HeldRow): HeldStream => ({
  streamId: row.stream_id,
  version: row.version,
  position: row.position,
  eventId: row.event_id,
  type: row.type,
  attempts: row.attempts,
  failure: row.failure,
})

export const toDueStream = (row: DueRow): DueStream => ({
  ...toHeldStream(row),
  decision: row.decision,
})

export const toParkedEvent = (row: ParkedRow): ParkedEvent => ({
  ...toHeldStream(row),
  partition: row.partition,
  parked: row.parked,
})
