import { quoteIdentifier } from '../schema/names'
import { named } from '../read/statements'

/** Every statement about what process managers have asked for. */
export interface RequestStatements {
  readonly add: string
  readonly cancel: string
  readonly cancelAll: string
  readonly done: string
  readonly failed: string
  readonly rejected: string
  readonly retryUndecodable: string
  readonly counts: string
  readonly due: string
  readonly waiting: string
  readonly retry: string
  readonly skip: string
}

// A request that is there already stays as it is. A timer of the same name is replaced, and comes last.
const add = (schema: string): string => `
insert into ${schema}.requests as r (process, key, id, command, metadata, timer, due_at)
select $1::text, $2::text, $3::text, $4::text::jsonb, $5::text::jsonb, $6::text,
       coalesce(to_timestamp($8::double precision / 1000),
                clock_timestamp() + $7::double precision * interval '1 millisecond')
where not exists (select from ${schema}.requests e where e.process = $1 and e.id = $3)
on conflict on constraint requests_timer_key do update
  set sequence = default, id = excluded.id, command = excluded.command,
      metadata = excluded.metadata, due_at = excluded.due_at, attempts = 0, failure = null,
      parked = false`

const cancel = (schema: string): string => `
delete from ${schema}.requests where process = $1::text and key = $2::text and timer = $3::text`

const cancelAll = (schema: string): string => `
delete from ${schema}.requests where process = $1::text and key = $2::text and timer is not null`

const done = (schema: string): string => `
delete from ${schema}.requests where process = $1::text and id = any($2::text[])`

const failed = (schema: string): string => `
update ${schema}.requests
set attempts = $3::integer, failure = $4::text::jsonb, parked = $5::integer is null,
    due_at = coalesce(clock_timestamp() + $5::integer * interval '1 millisecond', due_at)
where process = $1::text and id = $2::text`

const rejected = (schema: string): string => `
insert into ${schema}.rejections as r (process, rejected) values ($1::text, $2::integer)
on conflict on constraint rejections_pkey do update set rejected = r.rejected + excluded.rejected`

const retryUndecodable = (schema: string): string => `
update ${schema}.requests set parked = false, due_at = clock_timestamp()
where process = $1::text and parked and failure->'undecodable' = 'true'`

const counts = (schema: string): string => `
select count(*)::integer as waiting, count(*) filter (where parked)::integer as parked,
       coalesce((select n.rejected from ${schema}.rejections n where n.process = $1::text), 0)
         ::double precision as rejected
from ${schema}.requests where process = $1`

const columns =
  'r.process, r.key, r.id, r.command, r.metadata, r.attempts, r.timer, r.parked, r.failure'

const due = (schema: string): string => `
select ${columns}
from ${schema}.requests r
where r.process = $1::text and not r.parked and r.due_at <= clock_timestamp()
  and (r.timer is not null or not exists (
    select from ${schema}.requests e
    where e.process = r.process and e.key = r.key and e.timer is null and e.sequence < r.sequence
      and (e.parked or e.due_at > clock_timestamp())))
order by r.sequence
limit $2::integer`

const waiting = (schema: string): string => `
select ${columns} from ${schema}.requests r where r.process = $1::text order by r.sequence`

const retry = (schema: string): string => `
update ${schema}.requests set parked = false, due_at = clock_timestamp()
where process = $1::text and id = $2::text and parked returning id`

const skip = (schema: string): string => `
delete from ${schema}.requests
where process = $1::text and id = $2::text and parked returning id`

/** The statements for a schema of any name. */
export const requestStatements = (schema: string): RequestStatements => {
  const quoted = quoteIdentifier(schema)
  return {
    add: named('add_request', add(quoted)),
    cancel: named('cancel_timer', cancel(quoted)),
    cancelAll: named('cancel_timers', cancelAll(quoted)),
    done: named('requests_done', done(quoted)),
    failed: failed(quoted),
    rejected: rejected(quoted),
    retryUndecodable: retryUndecodable(quoted),
    counts: counts(quoted),
    due: named('requests_due', due(quoted)),
    waiting: waiting(quoted),
    retry: retry(quoted),
    skip: skip(quoted),
  }
}
