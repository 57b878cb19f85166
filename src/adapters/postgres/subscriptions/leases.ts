import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { FailureNote } from '../../../core/errors/subscription'
import type { Claim, Lease, SubscriptionStore } from '../../../core/ports/subscription-store'
import { named } from '../connection/prepared-statements'
import { type Executor, writeRows } from '../connection/query'
import { quoteIdentifier } from '../schema/names'

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
select partition, token, "position", failure, share
from ${schema}.claim($1::text, $2::text, $3::integer, $4::text::jsonb)`

interface ClaimRow {
  /** null: there is no row for a partition, only the share. */
  readonly partition: number | null
  readonly token: number
  readonly position: number
  /** Not null: the partition is stopped. */
  readonly failure: FailureNote | null
  readonly share: number | null
}

const toClaim = (subscription: string, rows: ReadonlyArray<ClaimRow>): Claim => ({
  leases: rows.flatMap(({ partition, token, position, failure }) =>
    partition === null || failure !== null ? [] : [{ subscription, partition, token, position }],
  ),
  share: rows[0]?.share ?? 0,
  stopped: rows.flatMap(({ partition, failure }) =>
    partition === null || failure === null ? [] : [{ partition, failure }],
  ),
})

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

type Leases = Pick<SubscriptionStore<never>, 'register' | 'claim' | 'release' | 'leave'>

/** Who works on which partition. */
export const leasesIn = (schema: string, db: Executor): Leases => {
  const name = quoteIdentifier(schema)
  const statements = {
    register: register(name),
    claim: named('claim', claim(name)),
    release: release(name),
    leave: leave(name),
  }
  const write = <Row>(statement: string, parameters: ReadonlyArray<unknown>) =>
    writeRows<Row>(db, 'statement', statement, parameters)
  const ignoreRows = TE.map(() => undefined)

  const registered: Leases['register'] = (subscription) => {
    const { name, partitions, position, categories, types } = subscription
    return pipe(
      write<{ readonly partitions: number }>(statements.register, [
        name,
        partitions,
        position,
        categories ?? null,
        types ?? null,
      ]),
      // No row: another process has created it in the meantime. The next look sees it.
      TE.flatMap(([row]) =>
        row === undefined ? registered(subscription) : TE.right(row.partitions),
      ),
    )
  }

  return {
    register: registered,
    claim: (subscription, instance, duration, reports = []) =>
      pipe(
        write<ClaimRow>(statements.claim, [
          subscription,
          instance,
          duration,
          reports.length === 0 ? null : JSON.stringify(reports),
        ]),
        TE.map((rows) => toClaim(subscription, rows)),
      ),
    release: (lease) => pipe(write(statements.release, leaseKey(lease)), ignoreRows),
    leave: (subscription, instance) =>
      pipe(write(statements.leave, [subscription, instance]), ignoreRows),
  }
}
