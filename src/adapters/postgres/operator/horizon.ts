import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { holderAdvice, type HorizonHolder } from '../../../core/operator/horizon'
import type { Operator } from '../../../core/ports/operator'
import { MAXIMUM_POSITION } from '../../../core/stream'
import { namespaceOf } from '../schema/names'
import { epoch, type OperatedSchema } from './operated-schema'

interface HolderRow {
  readonly position: number
  readonly pid: number | null
  readonly application: string | null
  readonly user: string | null
  readonly state: string | null
  readonly age: number | null
  readonly statement: string | null
}

// A session that is idle by now has ended its transaction between the look at the locks and the one at
// the sessions: it holds nothing back.
const holdersIn = (schema: string): string => `
select (((l.classid::bigint << 32) | l.objid::bigint) & ${MAXIMUM_POSITION}::bigint)::double precision
         as "position",
       l.pid, a.application_name as application, a.usename::text as "user", a.state,
       ${epoch('clock_timestamp() - coalesce(a.xact_start, p.prepared)')} as age,
       left(btrim(regexp_replace(regexp_replace(a.query, '/[*]reprise:[^*]*[*]/', '', 'g'),
                                 '\\s+', ' ', 'g')), 200) as statement
from pg_locks l
  left join pg_stat_activity a on a.pid = l.pid
  left join pg_prepared_xacts p
    on l.pid is null and l.virtualtransaction = '-1/' || p.transaction::text
where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and l.mode = 'ShareLock'
  and l.database = (select oid from pg_database where datname = current_database())
  and (l.classid::bigint >> 8) = ${namespaceOf(schema)}
  and a.state is distinct from 'idle'
order by "position", a.xact_start nulls first`

const positionsIn = (schema: string): string => `
select ${schema}.horizon()::double precision as horizon,
       (select case when is_called then last_value else 0 end
        from ${schema}.events_position_seq)::double precision as last`

const filled = (text: string | null): string | undefined =>
  text === null || text === '' ? undefined : text

const toHolder =
  (accusedAfter: number) =>
  (row: HolderRow): HorizonHolder => {
    const holder = {
      position: row.position,
      pid: row.pid ?? undefined,
      application: filled(row.application),
      user: filled(row.user),
      state: filled(row.state),
      age: row.age ?? undefined,
      statement: filled(row.statement),
    }
    return { ...holder, advice: holderAdvice(holder, accusedAfter) }
  }

/** How far subscribers can read, and which transactions hold them back. */
export const horizonOf =
  ({ name, quoted, read }: OperatedSchema, accusedAfter: number): Operator['horizon'] =>
  () =>
    pipe(
      TE.Do,
      TE.bind('holders', () => read<HolderRow>(holdersIn(name))),
      TE.bind('positions', () =>
        read<{ readonly horizon: number; readonly last: number }>(positionsIn(quoted)),
      ),
      TE.map(({ holders, positions: [row] }) => ({
        horizon: row?.horizon ?? 0,
        last: row?.last ?? 0,
        holders: holders.map(toHolder(accusedAfter)),
      })),
    )
