import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { quoteIdentifier } from '../../adapters/postgres/schema/names'
import type { StoreFailed } from '../../core/errors/store'
import { duration } from '../output/text'
import type { Session } from '../session'

/** A transaction that has announced positions: nothing after `position` is shown to subscribers. */
export interface Holder {
  readonly position: number
  /** Of the server process. `null`: a prepared transaction (two-phase commit). */
  readonly pid: number | null
  readonly application: string | null
  readonly user: string | null
  readonly state: string | null
  /** Of its transaction, in seconds. */
  readonly age: number | null
  readonly query: string | null
}

const holdersIn = (schema: string): string => `
select h.position::double precision as position,
       h.pid, a.application_name as application, a.usename::text as "user", a.state,
       extract(epoch from clock_timestamp() - a.xact_start)::double precision as age,
       left(a.query, 200) as query
from ${quoteIdentifier(schema)}.announced() h left join pg_stat_activity a on a.pid = h.pid
order by h.position, a.xact_start nulls first`

/** The transactions that hold the horizon back, the one that holds it most first. */
export const holders = ({
  query,
  schema,
}: Session): TE.TaskEither<StoreFailed, ReadonlyArray<Holder>> => query<Holder>(holdersIn(schema))

/** How far subscribers can read, and the last position that was drawn. */
export interface Horizon {
  readonly horizon: number
  readonly last: number
}

const lastIn = (schema: string): string => `
select ${quoteIdentifier(schema)}.horizon()::double precision as horizon,
       (select case when is_called then last_value else 0 end
        from ${quoteIdentifier(schema)}.events_position_seq)::double precision as last`

/** Who a holder is, in words. */
export const described = ({ pid, application, user, state, age, query }: Holder): string =>
  [
    pid === null ? 'a prepared transaction' : `process ${pid}`,
    application === null || application === '' ? undefined : application,
    user === null ? undefined : `user ${user}`,
    age === null ? undefined : `open for ${duration(age)}`,
    state ?? undefined,
    query === null || query === '' ? undefined : `last statement: ${query.trim()}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ')

/** How to make it end. */
export const adviceFor = ({ pid }: Holder): string =>
  pid === null
    ? 'Subscribers see nothing newer until it ends: see pg_prepared_xacts, then commit prepared or rollback prepared.'
    : `Subscribers see nothing newer until it ends. To end it: select pg_terminate_backend(${pid})`

export const horizonOf = ({ query, schema }: Session): TE.TaskEither<StoreFailed, Horizon> =>
  pipe(
    query<Horizon>(lastIn(schema)),
    TE.map(([row]) => row ?? { horizon: 0, last: 0 }),
  )
