import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { type FailureNote, fencedOff } from '../../../core/errors/subscription'
import type {
  Claim,
  Lease,
  Progress,
  SubscriptionStore,
} from '../../../core/ports/subscription-store'
import { type DueRow, type ParkedRow, toDueStream, toParkedEvent } from './held-stream-rows'
import { subscriptionStatements } from './subscription-statements'
import { rowsOf } from '../connection/query'
import { DEFAULT_SCHEMA } from '../schema/names'
import type { Executor } from '../connection/executor'
import { within } from '../connection/transaction'

/** How subscriptions are kept. Every key may be left out. */
export interface PostgresReadOptions {
  /** The schema that holds the tables. Default `reprise`. */
  readonly schema?: string
  /**
   * A transaction of a subscription in which nothing happens for so long is ended by the server, so that a
   * frozen process does not keep its locks. In milliseconds. Default 10,000.
   */
  readonly longestIdling?: number
}

interface ClaimRow {
  /** null: there is no row for a partition, only the share. */
  readonly partition: number | null
  readonly token: number
  readonly position: number
  readonly lineage: string | null
  /** Not null: the partition stands still. */
  readonly failure: FailureNote | null
  readonly share: number | null
}
interface StatusRow {
  readonly subscription: string
  readonly partition: number
  readonly position: number
  readonly failure: FailureNote | null
  readonly owner: string | null
  readonly heartbeat_age: number | null
  readonly held: number
}

const toClaim = (subscription: string, rows: ReadonlyArray<ClaimRow>): Claim => ({
  leases: rows.flatMap(({ partition, token, position, lineage, failure }) =>
    partition === null || failure !== null
      ? []
      : [
          {
            subscription,
            partition,
            token,
            position,
            ...(lineage === null ? {} : { lineage }),
          },
        ],
  ),
  share: rows[0]?.share ?? 0,
  stopped: rows.flatMap(({ partition, failure }) =>
    partition === null || failure === null ? [] : [{ partition, failure }],
  ),
})

const keyOf = ({ subscription, partition, token }: Lease): ReadonlyArray<unknown> => [
  subscription,
  partition,
  token,
]

const stepOf = ({ lease, after, position, lineage, holding }: Progress): ReadonlyArray<unknown> => [
  ...keyOf(lease),
  after,
  position,
  holding?._tag === 'Hold' ? JSON.stringify(holding.stream) : null,
  holding?._tag === 'Hold' ? (holding.retryAfter ?? null) : null,
  holding?._tag === 'Release' ? holding.streamId : null,
  lineage ?? null,
]

const lost = ({ subscription, partition, token }: Lease) =>
  TE.left(fencedOff(subscription, partition, token))

/**
 * Subscriptions in PostgreSQL. Effects are written through the caller's own typed transaction.
 *
 * @example
 * const subscriptions = postgresSubscriptions(db)
 */
export const postgresSubscriptions = <Database>(
  db: Kysely<Database>,
  { schema = DEFAULT_SCHEMA, longestIdling = 10_000 }: PostgresReadOptions = {},
): SubscriptionStore<Transaction<Database>> => {
  const statements = subscriptionStatements(schema)
  const plain: Executor = db.withoutPlugins()

  const some = (statement: string, parameters: ReadonlyArray<unknown>) =>
    pipe(
      rowsOf(plain, statement, parameters),
      TE.map((rows) => rows.length > 0),
    )
  const done = (statement: string, parameters: ReadonlyArray<unknown>) =>
    pipe(
      rowsOf(plain, statement, parameters),
      TE.map(() => undefined),
    )
  const advance = (executor: Executor, progress: Progress) =>
    pipe(
      rowsOf<{ readonly saved: boolean }>(
        executor,
        statements.advance,
        stepOf(progress),
        'appending',
      ),
      TE.flatMap(([row]) => (row?.saved === true ? TE.right(undefined) : lost(progress.lease))),
    )

  const register: SubscriptionStore<Transaction<Database>>['register'] = (subscription) => {
    const { name, partitions, position, categories, types } = subscription
    return pipe(
      rowsOf<{ readonly partitions: number }>(plain, statements.register, [
        name,
        partitions,
        position,
        categories ?? null,
        types ?? null,
      ]),
      // No row: somebody has created it while we looked. The next look sees it.
      TE.flatMap(([row]) =>
        row === undefined ? register(subscription) : TE.right(row.partitions),
      ),
    )
  }

  return {
    register,
    claim: (subscription, instance, duration) =>
      pipe(
        rowsOf<ClaimRow>(plain, statements.claim, [subscription, instance, duration]),
        TE.map((rows) => toClaim(subscription, rows)),
      ),
    release: (lease) => done(statements.release, keyOf(lease)),
    leave: (subscription, instance) => done(statements.leave, [subscription, instance]),
    save: (progress) => advance(plain, progress),
    commit: (progress, work) =>
      within(db, longestIdling, (transaction) =>
        pipe(
          work(transaction),
          // The checkpoint comes last: its row is locked for a moment only, so a heartbeat never waits.
          TE.flatMap(() => advance(transaction.withoutPlugins(), progress)),
        ),
      ),
    halt: (lease, failure) =>
      pipe(
        some(statements.halt, [...keyOf(lease), JSON.stringify(failure)]),
        TE.flatMap((halted) => (halted ? TE.right(undefined) : lost(lease))),
      ),
    held: ({ subscription, partition }) =>
      pipe(
        rowsOf<{ readonly stream_id: string }>(plain, statements.held, [subscription, partition]),
        TE.map((rows) => rows.map(({ stream_id }) => stream_id)),
      ),
    due: ({ subscription, partition }) =>
      pipe(
        rowsOf<DueRow>(plain, statements.due, [subscription, partition]),
        TE.map((rows) => rows.map(toDueStream)),
      ),
    reached: (subscription) =>
      pipe(
        rowsOf<{ readonly position: number | null }>(plain, statements.reached, [subscription]),
        TE.map(([row]) => row?.position ?? undefined),
      ),
    status: () =>
      pipe(
        rowsOf<StatusRow>(plain, statements.status, []),
        TE.map((rows) =>
          rows.map(({ heartbeat_age, owner, failure, ...row }) => ({
            ...row,
            owner: owner ?? undefined,
            heartbeatAge: heartbeat_age ?? undefined,
            failure: failure ?? undefined,
          })),
        ),
      ),
    parked: (subscription) =>
      pipe(
        rowsOf<ParkedRow>(plain, statements.parked, [subscription]),
        TE.map((rows) => rows.map(toParkedEvent)),
      ),
    decide: (subscription, streamId, decision) =>
      some(statements.decide, [subscription, streamId, decision]),
    resume: (subscription) => some(statements.resume, [subscription]),
    reset: (subscription, position) => some(statements.reset, [subscription, position]),
    remove: (subscription) => some(statements.remove, [subscription]),
  }
}
