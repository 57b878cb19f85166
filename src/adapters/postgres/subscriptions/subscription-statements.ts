import { quoteIdentifier } from '../schema/names'
import { named } from '../read/statements'

/** Every statement about subscriptions. */
export interface SubscriptionStatements {
  readonly register: string
  readonly claim: string
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

const register = (schema: string): string => `
with created as (
  insert into ${schema}.subscriptions (name, partitions, categories, types)
  values ($1::text, $2::integer, $4::text[], $5::text[])
  on conflict on constraint subscriptions_pkey do nothing
  returning name
),
checkpoints as (
  insert into ${schema}.checkpoints (subscription, partition, position)
  select name, generate_series(0, $2 - 1), $3::bigint from created
)
select partitions from ${schema}.subscriptions where name = $1
union all
select $2 from created`

const claim = (schema: string): string => `
select partition, token, "position", lineage, failure, share
from ${schema}.claim($1::text, $2::text, $3::integer)`

const release = (schema: string): string => `
update ${schema}.checkpoints set owner = null, leased_until = null
where subscription = $1::text and partition = $2::integer and token = $3::bigint`

const leave = (schema: string): string => `
delete from ${schema}.instances where subscription = $1::text and instance = $2::text`

const advance = (schema: string): string => `
select ${schema}.advance(
  $1::text, $2::integer, $3::bigint, $4::bigint, $5::bigint, $6::text::jsonb, $7::integer,
  $8::text, $9::text) as saved`

const halt = (schema: string): string => `
update ${schema}.checkpoints
set failure = $4::text::jsonb, owner = null, leased_until = null, token = token + 1
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

const reached = (schema: string): string => `
select min(position)::double precision as "position"
from ${schema}.checkpoints where subscription = $1::text`

const status = (schema: string): string => `
select c.subscription, c.partition, c.position::double precision as "position",
       c.failure, case when c.leased_until >= clock_timestamp() then c.owner end as owner,
       (extract(epoch from clock_timestamp() - c.heartbeat_at) * 1000)::double precision
         as heartbeat_age,
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
set position = $2::bigint, lineage = null, token = token + 1, owner = null, leased_until = null, failure = null
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
