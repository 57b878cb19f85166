import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type SubscriptionNotFound, subscriptionNotFound } from '../../../core/errors/operator'
import type { StoreFailed } from '../../../core/errors/store'
import type { FailureNote } from '../../../core/errors/subscription'
import type { HeldEvent, HeldEventRef } from '../../../core/operator/status'
import type { Operator } from '../../../core/ports/operator'
import { IS_EVENT } from '../schema/names'
import { epoch, type OperatedSchema } from './operated-schema'

type Holding = Pick<
  Operator,
  'heldEvents' | 'decide' | 'resume' | 'skipStopped' | 'pause' | 'unpause' | 'narrow'
>

interface HeldRow extends Omit<HeldEvent, 'retryAt' | 'decision' | 'behind' | 'failure'> {
  readonly failure: FailureNote
  readonly retryAt: number | null
  readonly decision: 'retry' | 'skip' | null
  readonly behind: number
}

const MOST_BEHIND = 1_000

const heldIn = (schema: string): string => `
select h.stream_id as "streamId", h.version, h.position::double precision as "position",
       h.event_id as "eventId", h.type, h.attempts, h.failure, h.partition,
       h.retry_at is null and h.decision is null as parked, h.decision,
       ${epoch('h.held_at')} as "triedAt", ${epoch('h.retry_at')} as "retryAt",
       (select count(*)::integer from (
          select from ${schema}.events e
          where e.stream_id = h.stream_id and e.version > h.version and e.position <= c.position and e.${IS_EVENT}
            and (s.types is null or e.type = any(s.types))
            and (s.tags is null or exists (
              select from ${schema}.event_tags t where t.tag = any(s.tags) and t.position = e.position))
          limit ${MOST_BEHIND + 1}) later) as behind
from ${schema}.held_streams h
  join ${schema}.subscriptions s on s.name = h.subscription
  join ${schema}.checkpoints c on c.subscription = h.subscription and c.partition = h.partition
where h.subscription = $1::text and h.position > $2::bigint
order by h.position
limit $3::integer`

const toHeldEvent = ({ retryAt, decision, behind, ...row }: HeldRow): HeldEvent => ({
  ...row,
  retryAt: retryAt ?? undefined,
  decision: decision ?? undefined,
  behind: { events: Math.min(behind, MOST_BEHIND), orMore: behind > MOST_BEHIND },
})

// Each action answers a row for the subscription, if it is there, and the rows that it has changed.
const acting = (schema: string, action: string, columns: string): string => `
with changed as (${action})
select ${columns}
from ${schema}.subscriptions s left join changed d on true
where s.name = $1::text`

const decideIn = (schema: string): string =>
  `${acting(
    schema,
    `
  update ${schema}.held_streams set decision = $2::text
  where subscription = $1::text and position = any($3::text[]::bigint[])
  returning stream_id, version, position, type`,
    'd.stream_id as "streamId", d.version, d.position::double precision as "position", d.type',
  )}
order by d.position`

const resumeIn = (schema: string): string =>
  `${acting(
    schema,
    `
  update ${schema}.checkpoints set failure = null
  where subscription = $1::text and failure is not null
  returning partition`,
    'd.partition',
  )}
order by d.partition`

const skipStoppedIn = (schema: string): string =>
  acting(
    schema,
    `
  update ${schema}.checkpoints set failure = null, position = $2::bigint
  where subscription = $1::text and position < $2 and (failure->>'position')::bigint = $2
  returning partition`,
    'd.partition',
  )

const pauseIn = (schema: string): string => `
update ${schema}.subscriptions set paused_at = coalesce(paused_at, clock_timestamp())
where name = $1::text returning name`

const unpauseIn = (schema: string): string => `
update ${schema}.subscriptions set paused_at = null where name = $1::text returning name`

// array(): an array of nothing, where array_agg would give null, which means all.
const narrowIn = (schema: string): string => `
update ${schema}.subscriptions s
set categories = case when $2::text[] is null then s.categories
                      when s.categories is null then $2
                      else array(select c from unnest(s.categories) c where c = any($2)) end,
    types = case when $3::text[] is null then s.types
                 when s.types is null then $3
                 else array(select t from unnest(s.types) t where t = any($3)) end,
    tags = case when $4::text[] is null then s.tags
                when s.tags is null then $4
                else array(select t from unnest(s.tags) t where t = any($4)) end
where s.name = $1::text returning s.name`

interface Nullable {
  readonly partition: number | null
}

/** No row at all: there is no such subscription. */
const orNotFound =
  <Row>(subscription: string) =>
  (rows: ReadonlyArray<Row>): TE.TaskEither<SubscriptionNotFound, ReadonlyArray<Row>> =>
    rows.length === 0 ? TE.left(subscriptionNotFound(subscription)) : TE.right(rows)

/** What could not be handled, what is decided about it, and pauses. */
export const holding = ({ quoted, read, write }: OperatedSchema): Holding => {
  const partitionsOf = (
    subscription: string,
    rows: TE.TaskEither<StoreFailed, ReadonlyArray<Nullable>>,
  ) =>
    pipe(
      rows,
      TE.flatMap(orNotFound(subscription)),
      TE.map((found) => found.flatMap(({ partition }) => partition ?? [])),
    )
  const named = (statement: string, subscription: string, others: ReadonlyArray<unknown> = []) =>
    pipe(
      write(statement, [subscription, ...others]),
      TE.flatMap(orNotFound(subscription)),
      TE.map(() => undefined),
    )

  return {
    heldEvents: (subscription, { after, limit }) =>
      pipe(
        read<HeldRow>(heldIn(quoted), [subscription, after, limit + 1]),
        TE.map((rows) => ({
          events: rows.slice(0, limit).map(toHeldEvent),
          more: rows.length > limit,
        })),
      ),
    decide: (subscription, decision, positions) =>
      pipe(
        write<HeldEventRef | Record<keyof HeldEventRef, null>>(decideIn(quoted), [
          subscription,
          decision,
          positions.map(String),
        ]),
        TE.flatMap(orNotFound(subscription)),
        TE.map((rows) => rows.flatMap((row) => (row.position === null ? [] : [row]))),
      ),
    resume: (subscription) =>
      partitionsOf(subscription, write<Nullable>(resumeIn(quoted), [subscription])),
    skipStopped: (subscription, position) =>
      partitionsOf(subscription, write<Nullable>(skipStoppedIn(quoted), [subscription, position])),
    pause: (subscription) => named(pauseIn(quoted), subscription),
    unpause: (subscription) => named(unpauseIn(quoted), subscription),
    narrow: (subscription, { categories, types, tags }) =>
      named(narrowIn(quoted), subscription, [categories ?? null, types ?? null, tags ?? null]),
  }
}
