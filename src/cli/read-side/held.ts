import type { TaskEither } from 'fp-ts/TaskEither'
import { quoteIdentifier } from '../../adapters/postgres/schema/names'
import type { StoreFailed } from '../../core/errors/store'
import type { FailureNote } from '../../core/errors/subscription'
import type { Session } from '../session'

/** An event that could not be handled, and holds back the later ones of its stream. */
export interface HeldEvent {
  readonly streamId: string
  readonly version: number
  readonly position: number
  readonly eventId: string
  readonly type: string
  readonly partition: number
  readonly attempts: number
  readonly failure: FailureNote
  /** When it was last tried. Milliseconds since 1970-01-01 UTC. */
  readonly triedAt: number
  /** When it is going to be tried again. `null`: not by itself. */
  readonly retryAt: number | null
  /** What an operator has said, and the owner has not done yet. */
  readonly decision: 'retry' | 'skip' | null
}

const heldIn = (schema: string): string => `
select stream_id as "streamId", version, position::double precision as "position",
       event_id as "eventId", type, partition, attempts, failure, decision,
       (extract(epoch from held_at) * 1000)::double precision as "triedAt",
       (extract(epoch from retry_at) * 1000)::double precision as "retryAt"
from ${schema}.held_streams where subscription = $1::text
order by position`

/** What a subscription could not handle. */
export const heldEventsOf = (
  { query, schema }: Session,
  subscription: string,
): TaskEither<StoreFailed, ReadonlyArray<HeldEvent>> =>
  query<HeldEvent>(heldIn(quoteIdentifier(schema)), [subscription])

/** A command that a process manager could not send. */
export interface ParkedRequest {
  readonly id: string
  /** Which one of its processes has asked for it. */
  readonly key: string
  readonly type: string | null
  readonly timer: string | null
  readonly attempts: number
  readonly failure: FailureNote | null
}

const requestsIn = (schema: string): string => `
select id, key, command->>'type' as type, timer, attempts, failure
from ${schema}.requests where 'process:' || process = $1::text and parked
order by sequence`

/** What a process manager could not send. */
export const parkedRequestsOf = (
  { query, schema }: Session,
  subscription: string,
): TaskEither<StoreFailed, ReadonlyArray<ParkedRequest>> =>
  query<ParkedRequest>(requestsIn(quoteIdentifier(schema)), [subscription])
