import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import type { CheckpointStep, SubscriptionStore } from '../../../core/ports/subscription-store'
import { directExecutor } from '../connection/origin'
import {
  named,
  type Executor,
  readRows,
  type TransactionScope,
  withoutPlugins,
  writeRows,
} from '../connection/query'
import { transactionsOn } from '../connection/transaction'
import { quoteIdentifier } from '../schema/names'
import { leaseKey, failLeaseLost } from './leases'

const advance = (schema: string): string => `
select ${schema}.advance(
  $1::text, $2::integer, $3::bigint, $4::bigint, $5::bigint, $6::text::jsonb, $7::integer,
  $8::text, $9::text) as saved`

const stepParameters = ({
  lease,
  after,
  position,
  lineage,
  holding,
}: CheckpointStep): ReadonlyArray<unknown> => [
  ...leaseKey(lease),
  after,
  position,
  holding?._tag === 'Hold' ? JSON.stringify(holding.stream) : null,
  holding?._tag === 'Hold' ? (holding.retryAfter ?? null) : null,
  holding?._tag === 'Release' ? holding.streamId : null,
  lineage ?? null,
]

const stop = (schema: string): string => `
update ${schema}.checkpoints
set failure = $4::text::jsonb, owner = null, leased_until = null, busy_since = null,
    token = token + 1
where subscription = $1::text and partition = $2::integer and token = $3::bigint
returning partition`

const reached = (schema: string): string => `
select min(position)::double precision as "position"
from ${schema}.checkpoints where subscription = $1::text`

const remove = (schema: string): string => `
delete from ${schema}.subscriptions where name = $1::text
returning name`

type Checkpoints<Transaction> = Pick<
  SubscriptionStore<Transaction>,
  'save' | 'commit' | 'stop' | 'reached' | 'remove'
>

/** How far partitions have come, and what stops them. */
export const checkpointsIn = <Database>(
  schema: string,
  db: Kysely<Database>,
  idleTimeout: number,
): Checkpoints<Transaction<Database>> => {
  const name = quoteIdentifier(schema)
  const statements = {
    advance: named('advance', advance(name)),
    stop: stop(name),
    reached: named('reached', reached(name)),
    remove: remove(name),
  }
  const direct = directExecutor(db)
  const runInTransaction = transactionsOn(db, idleTimeout)

  const saveOn = (executor: Executor, scope: TransactionScope, progress: CheckpointStep) =>
    pipe(
      writeRows<{ readonly saved: boolean }>(
        executor,
        scope,
        statements.advance,
        stepParameters(progress),
      ),
      TE.flatMap(([row]) =>
        row?.saved === true ? TE.right(undefined) : failLeaseLost(progress.lease),
      ),
    )
  /** Whether there was anything to change. */
  const changes = (statement: string, parameters: ReadonlyArray<unknown>) =>
    pipe(
      writeRows(direct, 'statement', statement, parameters),
      TE.map((rows) => rows.length > 0),
    )

  return {
    save: (progress) => saveOn(direct, 'statement', progress),
    commit: (from, work) =>
      runInTransaction((transaction) =>
        pipe(
          work(transaction),
          // The checkpoint comes last: its row is locked for a moment only, so a heartbeat never waits.
          TE.flatMap((end) =>
            saveOn(withoutPlugins(transaction), 'transaction', { ...from, ...end }),
          ),
        ),
      ),
    stop: (lease, failure) =>
      pipe(
        changes(statements.stop, [...leaseKey(lease), JSON.stringify(failure)]),
        TE.flatMap((halted) => (halted ? TE.right(undefined) : failLeaseLost(lease))),
      ),
    reached: (subscription) =>
      pipe(
        readRows<{ readonly position: number | null }>(direct, statements.reached, [subscription]),
        TE.map(([row]) => row?.position ?? undefined),
      ),
    remove: (subscription) => changes(statements.remove, [subscription]),
  }
}
