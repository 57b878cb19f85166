import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../../core/errors/store'
import { type LeaseLost, leaseLost } from '../../../core/errors/subscription'
import type { Lease, SubscriptionStore } from '../../../core/ports/subscription-store'
import { partitionsRefusal } from '../../../core/operator/actions'
import { named, type Executor, writeRows } from '../connection/query'
import { quoteIdentifier } from '../schema/names'
import { claimsIn } from './claims'

// A filter that grows fences off owners that may have read ahead without the new part. Its lease stays its own until
// it runs out, and losing it then is no sign of a crash.
const register = (schema: string): string => `
with created as (
  insert into ${schema}.subscriptions (name, partitions, categories, types, tags)
  values ($1::text, $2::integer, $4::text[], $5::text[], $6::text[])
  on conflict on constraint subscriptions_pkey do nothing
  returning name
),
started as (
  insert into ${schema}.checkpoints (subscription, partition, position)
  select name, generate_series(0, $2 - 1), $3::bigint from created
),
grown as (
  update ${schema}.subscriptions s
  set categories = case when s.categories is null or $4 is null then null else array(
        select c from unnest(s.categories || $4) c group by c order by c) end,
      types = case when s.types is null or $5 is null then null else array(
        select t from unnest(s.types || $5) t group by t order by t) end,
      tags = case when s.tags is null or $6 is null then null else array(
        select t from unnest(s.tags || $6) t group by t order by t) end
  where s.name = $1
    and ((s.categories is not null and ($4 is null or not $4 <@ s.categories))
      or (s.types is not null and ($5 is null or not $5 <@ s.types))
      or (s.tags is not null and ($6 is null or not $6 <@ s.tags)))
  returning s.name
),
fenced as (
  update ${schema}.checkpoints c
  set token = case when grown.name is null then c.token else c.token + 1 end,
      takeovers = case when grown.name is null then c.takeovers else -1 end,
      failure = case when c.failure->'undecodable' = 'true' then null else c.failure end
  from (select $1 as subscription) s left join grown on true
  where c.subscription = s.subscription
    and (grown.name is not null or c.failure->'undecodable' = 'true')
)
select partitions from ${schema}.subscriptions where name = $1
union all
select $2 from created`

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

/** The parameters by which a statement knows a lease. */
export const leaseKey = ({ subscription, partition, token }: Lease): ReadonlyArray<unknown> => [
  subscription,
  partition,
  token,
]

export const failLeaseLost = ({ subscription, partition, token }: Lease) =>
  TE.left(leaseLost(subscription, partition, token))

type Leases = Pick<
  SubscriptionStore<never>,
  'register' | 'claim' | 'prolong' | 'noteAttempt' | 'forgetAttempts' | 'release' | 'leave'
>

/** Who works on which partition. */
export const leasesIn = (schema: string, db: Executor): Leases => {
  const name = quoteIdentifier(schema)
  const statements = {
    register: register(name),
    prolong: prolong(name),
    noteAttempt: named('note_attempt', noteAttempt(name)),
    forgetAttempts: forgetAttempts(name),
    release: release(name),
    leave: leave(name),
  }
  const write = <Row>(statement: string, parameters: ReadonlyArray<unknown>) =>
    writeRows<Row>(db, 'statement', statement, parameters)
  const ignoreRows = TE.map(() => undefined)

  const asOwner = (
    lease: Lease,
    rows: TE.TaskEither<StoreFailed, ReadonlyArray<unknown>>,
  ): TE.TaskEither<StoreFailed | LeaseLost, void> =>
    pipe(
      rows,
      TE.flatMap(({ length }) => (length > 0 ? TE.right(undefined) : failLeaseLost(lease))),
    )

  const registered: Leases['register'] = (subscription) => {
    const { name, partitions, position, categories, types, tags } = subscription
    const refused = partitionsRefusal(subscription)
    if (refused !== undefined) return TE.left(refused)
    return pipe(
      write<{ readonly partitions: number }>(statements.register, [
        name,
        partitions,
        position,
        categories ?? null,
        types ?? null,
        tags ?? null,
      ]),
      // No row: another process has created it in the meantime. The next look sees it.
      TE.flatMap(([row]) =>
        row === undefined ? registered(subscription) : TE.right(row.partitions),
      ),
    )
  }

  return {
    register: registered,
    claim: claimsIn(schema, db),
    prolong: (lease, duration) =>
      asOwner(lease, write(statements.prolong, [...leaseKey(lease), duration])),
    noteAttempt: (lease, what) =>
      pipe(
        write<{ readonly attempts: number }>(statements.noteAttempt, [...leaseKey(lease), what]),
        TE.flatMap(([row]) => (row === undefined ? failLeaseLost(lease) : TE.right(row.attempts))),
      ),
    forgetAttempts: (lease) => asOwner(lease, write(statements.forgetAttempts, leaseKey(lease))),
    release: (lease) => pipe(write(statements.release, leaseKey(lease)), ignoreRows),
    leave: (subscription, instance) =>
      pipe(write(statements.leave, [subscription, instance]), ignoreRows),
  }
}
