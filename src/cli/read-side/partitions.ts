import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { quoteIdentifier } from '../../adapters/postgres/schema/names'
import type { StoreFailed } from '../../core/errors/store'
import type { FailureNote } from '../../core/errors/subscription'
import type { Session } from '../session'
import { type Lag, lagOf, type Reading } from './lag'

interface PartitionRow extends Reading {
  readonly subscription: string
  readonly owner: string | null
  /** Seconds since the owner was last heard of. `null`: there was none yet. */
  readonly heartbeatAge: number | null
  /** Milliseconds since 1970-01-01 UTC. */
  readonly heartbeatAt: number | null
  readonly leasedUntil: number | null
  readonly failure: FailureNote | null
  /** Seconds since the subscription was created. */
  readonly age: number
  /** Streams that wait for an operator. */
  readonly parked: number
  /** Streams that are going to be tried again. */
  readonly waiting: number
  /** Commands of a process manager that wait for an operator. */
  readonly parkedRequests: number
}

/** One partition of a subscription, as an operator sees it. */
export interface PartitionView extends PartitionRow {
  readonly state: 'running' | 'no owner' | 'stopped'
  readonly lag: Lag
}

const statusIn = (schema: string): string => `
select c.subscription, c.partition, s.partitions, c.position::double precision as "position",
       s.categories, s.types,
       case when c.leased_until >= clock_timestamp() then c.owner end as owner,
       extract(epoch from clock_timestamp() - c.heartbeat_at)::double precision as "heartbeatAge",
       (extract(epoch from c.heartbeat_at) * 1000)::double precision as "heartbeatAt",
       (extract(epoch from c.leased_until) * 1000)::double precision as "leasedUntil",
       c.failure,
       extract(epoch from clock_timestamp() - s.created_at)::double precision as age,
       (select count(*)::integer from ${schema}.held_streams h
        where h.subscription = c.subscription and h.partition = c.partition
          and h.retry_at is null and h.decision is null) as parked,
       (select count(*)::integer from ${schema}.held_streams h
        where h.subscription = c.subscription and h.partition = c.partition
          and (h.retry_at is not null or h.decision is not null)) as waiting,
       (select count(*)::integer from ${schema}.requests r
        where 'process:' || r.process = c.subscription and r.parked and c.partition = 0)
         as "parkedRequests"
from ${schema}.checkpoints c join ${schema}.subscriptions s on s.name = c.subscription
where $1::text is null or c.subscription = $1
order by c.subscription, c.partition`

const stateOf = ({ failure, owner }: PartitionRow): PartitionView['state'] => {
  if (failure !== null) return 'stopped'
  return owner === null ? 'no owner' : 'running'
}

/** Every partition of a subscription, or of all, by name and number. */
export const partitionsOf = (
  session: Session,
  subscription?: string,
): TE.TaskEither<StoreFailed, ReadonlyArray<PartitionView>> =>
  pipe(
    session.query<PartitionRow>(statusIn(quoteIdentifier(session.schema)), [subscription ?? null]),
    TE.flatMap((rows) => async () => {
      const views: PartitionView[] = []
      for (const row of rows) {
        const lag = await lagOf(session, row)()
        if (E.isLeft(lag)) return lag
        views.push({ ...row, state: stateOf(row), lag: lag.right })
      }
      return E.right(views)
    }),
  )
