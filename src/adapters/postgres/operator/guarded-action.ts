import type { ActionSubject } from '../../../core/operator/actions'
import { buildOf, epoch } from './operated-schema'

/**
 * Each action is one statement that locks the subscription and its checkpoints, looks at them, and acts
 * only if nothing speaks against it: `allowed` holds the subscription then, and nothing otherwise. What
 * speaks against it is answered by `seen`. To be put after `with`. $1: the subscription, $2: what to do
 * about owners.
 */
export const guarded = (schema: string, condition: string): string => `found as materialized (
  select s.name, s.partitions,
         (select build.name from (select) one ${buildOf(schema)}) as projection
  from ${schema}.subscriptions s where s.name = $1::text for update
),
locked as materialized (
  select * from ${schema}.checkpoints where subscription = $1::text order by partition for update
),
running as materialized (
  select owner, ${epoch('clock_timestamp() - heartbeat_at')} as "heartbeatAge"
  from locked where owner is not null and leased_until >= clock_timestamp()
  order by partition limit 1
),
bounds as materialized (
  select min(position) as lowest, max(position) as highest, max(token) as token,
         (array_agg(lineage order by position))[1] as lineage
  from locked
),
allowed as materialized (
  select f.name from found f, bounds b
  where ($2::text = 'fenceOff' or not exists (select from running)) and (${condition})
),`

/** Ends the statement: what was seen, and whether it was allowed. No row: there is no such subscription. */
export const seen = `
select f.partitions, f.projection, r.owner, r."heartbeatAge",
       b.lowest::double precision as lowest, b.highest::double precision as highest,
       exists (select from allowed) as done
from found f left join running r on true cross join bounds b`

/** What {@link seen} answers. */
export interface SeenRow {
  readonly partitions: number
  readonly projection: string | null
  readonly owner: string | null
  readonly heartbeatAge: number | null
  readonly lowest: number
  readonly highest: number
  readonly done: boolean
}

/** No owner any more. */
export const FREE = 'owner = null, leased_until = null, busy_since = null'

/** What is known of the subscription. */
export const subjectOf = (row: SeenRow | undefined): ActionSubject | undefined =>
  row && {
    projection: row.projection ?? undefined,
    running:
      row.owner === null ? undefined : { owner: row.owner, heartbeatAge: row.heartbeatAge ?? 0 },
  }
