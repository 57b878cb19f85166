import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { FailureNote } from '../../../core/errors/subscription'
import type {
  DueStream,
  HeldStream,
  SubscriptionStore,
} from '../../../core/ports/subscription-store'
import { named } from '../connection/prepared-statements'
import { type Executor, readRows } from '../connection/query'
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

/** Streams that wait because one of their events could not be handled. */
export const heldStreamsIn = (
  schema: string,
  db: Executor,
): Pick<SubscriptionStore<never>, 'held' | 'due'> => {
  const name = quoteIdentifier(schema)
  const statements = {
    held: held(name),
    due: named('due', due(name)),
  }
  return {
    held: ({ subscription, partition }) =>
      pipe(
        readRows<{ readonly stream_id: string }>(db, statements.held, [subscription, partition]),
        TE.map((rows) => rows.map(({ stream_id }) => stream_id)),
      ),
    due: ({ subscription, partition }) =>
      pipe(
        readRows<DueRow>(db, statements.due, [subscription, partition]),
        TE.map((rows) => rows.map(toDueStream)),
      ),
  }
}
