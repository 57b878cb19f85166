import { quoteIdentifier } from '../schema/names'
import { named } from '../read/statements'
import { register } from './register-statement'

/** Every statement about subscriptions. */
export interface SubscriptionStatements {
  readonly register: string
  readonly claim: string
  readonly prolong: string
  readonly noteAttempt: string
  readonly forgetAttempts: string
  readonly retryUndecodable: string
  readonly arrival: string
  readonly narrow: string
  readonly release: string
  readonly leave: string
  readonly advance: string
  readonly halt: string
  readonly held: string
  readonly due: string
  readonly reached: string
  readonly status: string
  readonly parked: string
  readonly decide: string
  readonly resume: string
  readonly reset: string
  readonly remove: string
}

const claim = (schema: string): string => `
select partition, token, "position", takeovers, failure, share, outdated
from ${schema}.claim($1::text, $2::text, $3::integer, $4::text::jsonb, $5::text::jsonb)`

const prolong = (schema: string): string => `
update ${schema}.checkpoints
set leased_until = clock_timestamp() + $4::integer * interval '1 millisecond',
    heartbeat_at = clock_timestamp()
where subscription = $1::text and partition = $2::integer and token = $3::bigint
  and owner is not null
returning partition`

const noteAttempt = (schema: string): string => `
update ${schema}.checkpoints
set attempts = case when attempted = $4::text then attempts + 1 else 1 end, attempted = $4::text
where subscription = $1::text and partition = $2::integer and token = $3::bigint
  and owner is not null
returning attempts`

const forgetAttempts = (schema: string): string => `
update ${schema}.checkpoints set attempted = null, attempts = 0, takeovers = 0
where subscription = $1::text and partition = $2::integer and token = $3::bigint
  and owner is not null
returning partition`

const release = (schema: string): string => `
update ${schema}.checkpoints set owner = null, leased_until = null, busy_since = null
where subscription = $1::text and partition = $2::integer and token = $3::bigint`

const leave = (schema: string): string => `
delete from ${schema}.instances where subscription = $1::text and instance = $2::text`

const advance = (schema: string): string => `
select ${schema}.advance(
  $1::text, $2::integer, $3::bigint, $4::bigint, $5::bigint, $6::text::jsonb, $7::integer,
  $8::text) as saved`

const halt = (schema: string): string => `
update ${schema}.checkpoints
set failure = $4::text::jsonb, owner = null, leased_until = null, busy_since = null,
    token = token + 1
where subscription = $1::text and partition = $2::integer and token = $3::bigint
returning partition`

const held = (schema: string): string => `
select stream_id from ${schema}.held_streams
where subscription = $1::text and partition = $2::integer`

const columns = `stream_id, version, position::double precision as "position", event_id, type,
       attempts, failure`

const due = (schema: string): string => `
select ${columns}, coalesce(decision, 'retry') as decision
from ${schema}.held_streams
where subscription = $1::text and partition = $2::integer
  and (decision is not null or retry_at <= clock_timestamp())
order by position
limit 100`

const retryUndecodable = (schema: string): string => `
update ${schema}.held_streams set decision = 'retry'
where subscription = $1::text and partition = $2::integer
  and retry_at is null and decision is null and failure->'undecodable' = 'true'`

const reached = (schema: string): string => `
select min(position)::double precision as "position"
from ${schema}.checkpoints where subscription = $1::text`

// The first partition that stands still, and the parked event that is at the position or before it in its
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

// array(): an array of nothing, where array_agg would give null, which means all.
const narrow = (schema: string): string => `
update ${schema}.subscriptions s
set categories = case when $2::text[] is null then s.categories
                      when s.categories is null then $2
                      else array(select c from unnest(s.categories) c where c = any($2)) end,
    types = case when $3::text[] is null then s.types
                 when s.types is null then $3
                 else array(select t from unnest(s.types) t where t = any($3)) end
where s.name = $1::text
returning s.name`

const status = (schema: string): string => `
select c.subscription, c.partition, c.position::double precision as "position",
       c.failure, case when c.leased_until >= clock_timestamp() then c.owner end as owner,
       (extract(epoch from clock_timestamp() - c.heartbeat_at) * 1000)::double precision
         as heartbeat_age,
       floor(extract(epoch from c.busy_since) * 1000)::double precision as busy_since,
       c.last_trouble,
       (select count(*)::integer from ${schema}.held_streams h
        where h.subscription = c.subscription and h.partition = c.partition) as held
from ${schema}.checkpoints c
order by c.subscription, c.partition`

const parked = (schema: string): string => `
select ${columns}, partition, retry_at is null and decision is null as parked
from ${schema}.held_streams where subscription = $1::text
order by stream_id`

const decide = (schema: string): string => `
update ${schema}.held_streams set decision = $3::text
where subscription = $1::text and stream_id = $2::text
returning stream_id`

const resume = (schema: string): string => `
update ${schema}.checkpoints set failure = null
where subscription = $1::text and failure is not null
returning partition`

const reset = (schema: string): string => `
with forgotten as (
  delete from ${schema}.held_streams where subscription = $1::text
)
update ${schema}.checkpoints
set position = $2::bigint, token = token + 1, owner = null, leased_until = null, failure = null,
    busy_since = null
where subscription = $1
returning partition`

const remove = (schema: string): string => `
delete from ${schema}.subscriptions where name = $1::text
returning name`

/** The statements for a schema of any name. */
export const subscriptionStatements = (schema: string): SubscriptionStatements => {
  const quoted = quoteIdentifier(schema)
  return {
    register: register(quoted),
    claim: named('claim', claim(quoted)),
    prolong: prolong(quoted),
    noteAttempt: named('note_attempt', noteAttempt(quoted)),
    forgetAttempts: forgetAttempts(quoted),
    retryUndecodable: retryUndecodable(quoted),
    arrival: named('arrival', arrival(quoted)),
    narrow: narrow(quoted),
    release: release(quoted),
    leave: leave(quoted),
    advance: named('advance', advance(quoted)),
    halt: halt(quoted),
    held: held(quoted),
    due: named('due', due(quoted)),
    reached: named('reached', reached(quoted)),
    status: status(quoted),
    parked: parked(quoted),
    decide: decide(quoted),
    resume: resume(quoted),
    reset: reset(quoted),
    remove: remove(quoted),
  }
}
