import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { FailureNote } from '../../../core/errors/subscription'
import type {
  Arrival,
  DueStream,
  HeldStream,
  StoppedPartition,
  SubscriptionStore,
} from '../../../core/ports/subscription-store'
import { named, type Executor, readRows, writeRows } from '../connection/query'
import { quoteIdentifier } from '../schema/names'

const held = (schema: string): string => `
select stream_id from ${schema}.held_streams
where subscription = $1::text and partition = $2::integer`

const columns = `stream_id, version, position::double precision as "position", event_id, type,
       attempts, failure`

interface HeldRow {
  readonly stream_id: string
  readonly version: number
  readonly position: number
  readonly event_id: string
  readonly type: string
  readonly attempts: number
  readonly failure: FailureNote
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

const due = (schema: string): string => `
select ${columns}, coalesce(decision, 'retry') as decision
from ${schema}.held_streams
where subscription = $1::text and partition = $2::integer
  and (decision is not null or retry_at <= clock_timestamp())
order by position
limit 100`

interface DueRow extends HeldRow {
  readonly decision: 'retry' | 'skip'
}

const toDueStream = (row: DueRow): DueStream => ({ ...toHeldStream(row), decision: row.decision })

const retryUndecodable = (schema: string): string => `
update ${schema}.held_streams set decision = 'retry'
where subscription = $1::text and partition = $2::integer
  and retry_at is null and decision is null and failure->'undecodable' = 'true'`

// The first partition that is stopped, and the parked event that is at the position or before it in its
// stream.
const arrival = (schema: string): string => `
select min(c.position)::double precision as "position",
       (select jsonb_build_object('partition', f.partition, 'failure', f.failure)
        from ${schema}.checkpoints f
        where f.subscription = $1::text and f.failure is not null order by f.partition limit 1)
         as stopped,
       (select jsonb_build_object('streamId', h.stream_id, 'version', h.version,
                                  'position', h.position, 'eventId', h.event_id, 'type', h.type,
                                  'attempts', h.attempts, 'failure', h.failure)
        from ${schema}.held_streams h
        where h.subscription = $1 and h.retry_at is null and h.decision is null
          and (h.position = $2::bigint or (h.stream_id = $3::text and h.position <= $2))
        limit 1) as parked
from ${schema}.checkpoints c where c.subscription = $1`

interface ArrivalRow {
  /** null: there is no such subscription. */
  readonly position: number | null
  readonly stopped: StoppedPartition | null
  readonly parked: HeldStream | null
}

const toArrival = (row: ArrivalRow | undefined): Arrival | undefined =>
  row === undefined || row.position === null
    ? undefined
    : {
        position: row.position,
        ...(row.stopped === null ? {} : { stopped: row.stopped }),
        ...(row.parked === null ? {} : { parked: row.parked }),
      }

/** Streams that wait because one of their events could not be handled. */
export const heldStreamsIn = (
  schema: string,
  db: Executor,
): Pick<
  SubscriptionStore<never>,
  'heldStreams' | 'dueStreams' | 'retryUndecodable' | 'arrival'
> => {
  const name = quoteIdentifier(schema)
  const statements = {
    held: held(name),
    due: named('due', due(name)),
    retryUndecodable: retryUndecodable(name),
    arrival: named('arrival', arrival(name)),
  }
  return {
    heldStreams: ({ subscription, partition }) =>
      pipe(
        readRows<{ readonly stream_id: string }>(db, statements.held, [subscription, partition]),
        TE.map((rows) => rows.map(({ stream_id }) => stream_id)),
      ),
    dueStreams: ({ subscription, partition }) =>
      pipe(
        readRows<DueRow>(db, statements.due, [subscription, partition]),
        TE.map((rows) => rows.map(toDueStream)),
      ),
    retryUndecodable: ({ subscription, partition }) =>
      pipe(
        writeRows(db, 'statement', statements.retryUndecodable, [subscription, partition]),
        TE.map(() => undefined),
      ),
    arrival: (subscription, position, streamId) =>
      pipe(
        readRows<ArrivalRow>(db, statements.arrival, [subscription, position, streamId ?? null]),
        TE.map(([row]) => toArrival(row)),
      ),
  }
}
