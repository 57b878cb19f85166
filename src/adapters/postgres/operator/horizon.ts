import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { holderAdvice, type HorizonHolder } from '../../../core/operator/horizon'
import type { Operator } from '../../../core/ports/operator'
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

const holdersIn = (schema: string): string => `
select h.position::double precision as "position",
       h.pid, a.application_name as application, a.usename::text as "user", a.state,
       ${epoch('clock_timestamp() - coalesce(a.xact_start, p.prepared)')} as age,
       left(btrim(regexp_replace(regexp_replace(a.query, '/[*]reprise[^*]*[*]/', '', 'g'),
                                 '\\s+', ' ', 'g')), 200) as statement
from ${schema}.announced() h
  left join pg_stat_activity a on a.pid = h.pid
  left join pg_prepared_xacts p on h.pid is null and p.transaction::text = h.prepared
where a.state is distinct from 'idle' -- it has ended its transaction between the two looks
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
  ({ quoted, read }: OperatedSchema, accusedAfter: number): Operator['horizon'] =>
  () =>
    pipe(
      TE.Do,
      TE.bind('holders', () => read<HolderRow>(holdersIn(quoted))),
      TE.bind('positions', () =>
        read<{ readonly horizon: number; readonly last: number }>(positionsIn(quoted)),
      ),
      TE.map(({ holders, positions: [row] }) => ({
        horizon: row?.horizon ?? 0,
        last: row?.last ?? 0,
        holders: holders.map(toHolder(accusedAfter)),
      })),
    )
