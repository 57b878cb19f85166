import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { fencedOff } from '../../../core/errors/subscription'
import type { Lease, Progress, SubscriptionStore } from '../../../core/ports/subscription-store'
import { type DueRow, type ParkedRow, toDueStream, toParkedEvent } from './held-stream-rows'
import {
  type ArrivalRow,
  type ClaimRow,
  type StatusRow,
  toArrival,
  toClaim,
  toStatus,
} from './subscription-rows'
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

/** As JSON; null: there is nothing to say. */
const told = (value: object | undefined): string | null =>
  value === undefined || (Array.isArray(value) && value.length === 0) ? null : JSON.stringify(value)

const keyOf = ({ subscription, partition, token }: Lease): ReadonlyArray<unknown> => [
  subscription,
  partition,
  token,
]

const stepOf = ({ lease, after, position, holding }: Progress): ReadonlyArray<unknown> => [
  ...keyOf(lease),
  after,
  position,
  holding?._tag === 'Hold' ? JSON.stringify(holding.stream) : null,
  holding?._tag === 'Hold' ? (holding.retryAfter ?? null) : null,
  holding?._tag === 'Release' ? holding.streamId : null,
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
  const asOwner = (lease: Lease, statement: string, parameters: ReadonlyArray<unknown>) =>
    pipe(
      some(statement, parameters),
      TE.flatMap((owned) => (owned ? TE.right(undefined) : lost(lease))),
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
    claim: (subscription, instance, duration, report = {}) =>
      pipe(
        rowsOf<ClaimRow>(plain, statements.claim, [
          subscription,
          instance,
          duration,
          told(report.filter),
          told(report.partitions),
        ]),
        TE.map((rows) => toClaim(subscription, rows)),
      ),
    prolong: (lease, duration) => asOwner(lease, statements.prolong, [...keyOf(lease), duration]),
    noteAttempt: (lease, what) =>
      pipe(
        rowsOf<{ readonly attempts: number }>(plain, statements.noteAttempt, [
          ...keyOf(lease),
          what,
        ]),
        TE.flatMap(([row]) => (row === undefined ? lost(lease) : TE.right(row.attempts))),
      ),
    forgetAttempts: (lease) => asOwner(lease, statements.forgetAttempts, keyOf(lease)),
    release: (lease) => done(statements.release, keyOf(lease)),
    leave: (subscription, instance) => done(statements.leave, [subscription, instance]),
    save: (progress) => advance(plain, progress),
    commit: (from, work) =>
      within(db, longestIdling, (transaction) =>
        pipe(
          work(transaction),
          // The checkpoint comes last: its row is locked for a moment only, so a heartbeat never waits.
          TE.flatMap((end) => advance(transaction.withoutPlugins(), { ...from, ...end })),
        ),
      ),
    halt: (lease, failure) =>
      asOwner(lease, statements.halt, [...keyOf(lease), JSON.stringify(failure)]),
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
    retryUndecodable: ({ subscription, partition }) =>
      done(statements.retryUndecodable, [subscription, partition]),
    arrival: (subscription, position, streamId) =>
      pipe(
        rowsOf<ArrivalRow>(plain, statements.arrival, [subscription, position, streamId ?? null]),
        TE.map(([row]) => toArrival(row)),
      ),
    narrow: (subscription, { categories, types }) =>
      some(statements.narrow, [subscription, categories ?? null, types ?? null]),
    status: () =>
      pipe(
        rowsOf<StatusRow>(plain, statements.status, []),
        TE.map((rows) => rows.map(toStatus)),
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
