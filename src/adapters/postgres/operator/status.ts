import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../../core/errors/store'
import type { FailureNote } from '../../../core/errors/subscription'
import {
  type Lag,
  type OutdatedInstance,
  partitionState,
  type PartitionStatus,
  type Trouble,
} from '../../../core/operator/status'
import { partitionOf } from '../../../core/partition'
import type { Operator } from '../../../core/ports/operator'
import { performance } from '../../../platform/node'
import { toStoreFailed } from '../connection/errors'
import { fetchRows } from '../connection/query'
import { positionWindow } from '../read/position-window'
import { IS_EVENT } from '../schema/names'
import { buildOf, epoch, type OperatedSchema } from './operated-schema'

interface PartitionRow {
  readonly subscription: string
  readonly partition: number
  readonly partitions: number
  readonly position: number
  readonly categories: ReadonlyArray<string> | null
  readonly types: ReadonlyArray<string> | null
  readonly tags: ReadonlyArray<string> | null
  readonly owner: string | null
  readonly heartbeatAge: number | null
  readonly heartbeatAt: number | null
  readonly leasedUntil: number | null
  readonly busySince: number | null
  readonly lastTrouble: Trouble | null
  readonly failure: FailureNote | null
  readonly pausedAt: number | null
  readonly age: number
  readonly parked: number
  readonly waiting: number
  readonly parkedCommands: number
  readonly rejectedCommands: number
  readonly outdated: Omit<OutdatedInstance, 'age'> | null
  readonly now: number
  readonly projection: string | null
  readonly active: boolean | null
  /** The highest position of the store. */
  readonly highest: number
  readonly keptUntil: number | null
}

const statusIn = (schema: string): string => `
select c.subscription, c.partition, s.partitions, c.position::double precision as "position",
       to_jsonb(s.categories) as categories, to_jsonb(s.types) as types, to_jsonb(s.tags) as tags,
       s.outdated, ${epoch('clock_timestamp()')} as now,
       case when c.leased_until >= clock_timestamp() then c.owner end as owner,
       ${epoch('clock_timestamp() - c.heartbeat_at')} as "heartbeatAge",
       ${epoch('c.heartbeat_at')} as "heartbeatAt", ${epoch('c.leased_until')} as "leasedUntil",
       ${epoch('c.busy_since')} as "busySince", c.last_trouble as "lastTrouble", c.failure,
       ${epoch('s.paused_at')} as "pausedAt", ${epoch('clock_timestamp() - s.created_at')} as age,
       (select count(*)::integer from ${schema}.held_streams h
        where h.subscription = c.subscription and h.partition = c.partition
          and h.retry_at is null and h.decision is null) as parked,
       (select count(*)::integer from ${schema}.held_streams h
        where h.subscription = c.subscription and h.partition = c.partition
          and (h.retry_at is not null or h.decision is not null)) as waiting,
       (select count(*)::integer from ${schema}.outbox r
        where 'process:' || r.process = c.subscription and r.parked and c.partition = 0)
         as "parkedCommands",
       coalesce((select r.rejected from ${schema}.rejections r
                 where 'process:' || r.process = c.subscription and c.partition = 0), 0)
         ::double precision as "rejectedCommands",
       (select coalesce(max(e.position), 0) from ${schema}.events e)::double precision as highest,
       build.name as projection, build.active, build."keptUntil"
from ${schema}.checkpoints c join ${schema}.subscriptions s on s.name = c.subscription
${buildOf(schema)}
where $1::text is null or c.subscription = $1
order by c.subscription, c.partition`

interface LagRow {
  readonly stream_id: string | null
  readonly events: number
  readonly age: number
}

// Which stream is of which partition is known to the library only, so they are separated if there are
// several partitions. Whatever is committed counts, whether it is safe to read yet or not.
const lagIn = (schema: string): string => `
select e.stream_id, count(*)::integer as events,
       extract(epoch from clock_timestamp() - min(e.recorded_at))::double precision as age
from (
  select case when $4::boolean then stream_id end as stream_id, recorded_at
  from ${schema}.events e
  where position > $1::bigint and position <= $6::bigint and ${IS_EVENT}
    and ($7::text[] is null or exists (
      select from ${schema}.event_tags t where t.tag = any($7) and t.position = e.position))
    and ($2::text[] is null or split_part(stream_id, '-', 1) = any($2))
    and ($3::text[] is null or type = any($3))
  order by position
  limit $5::integer
) e
group by e.stream_id`

/** How long events are counted for one partition, in milliseconds. Then there are so many, or more. */
const COUNTING_TIME = 2_000

const sum = (rows: ReadonlyArray<LagRow>): number =>
  rows.reduce((total, { events }) => total + events, 0)

/** What is behind a position: all of it, or what was found in time. */
interface Behind {
  readonly rows: ReadonlyArray<LagRow>
  readonly isComplete: boolean
}

/** A filter may leave few events of many: they are counted at some positions at a time. */
const behindIn = ({ quoted, db }: OperatedSchema, countUpTo: number) => {
  const statement = lagIn(quoted)
  return async (row: PartitionRow): Promise<Behind> => {
    const { categories, types, tags, partitions, highest } = row
    const window = positionWindow('statement')
    const end = performance.now() + COUNTING_TIME
    const rows: LagRow[] = []
    let after = row.position
    while (after < highest) {
      const found = await window.scan(async (size) => {
        const upTo = Math.min(highest, after + size)
        const most = countUpTo + 1 - sum(rows)
        const parameters = [after, categories, types, partitions > 1, most, upTo, tags]
        return { upTo, some: await fetchRows<LagRow>(db, statement, parameters) }
      })
      rows.push(...found.some)
      after = found.upTo
      if (sum(rows) > countUpTo) break
      if (performance.now() > end) return { rows, isComplete: after >= highest }
    }
    return { rows, isComplete: true }
  }
}

const lagOf = (
  { rows, isComplete }: Behind,
  { partition, partitions }: PartitionRow,
  countUpTo: number,
): Lag => {
  const own = rows.filter(
    ({ stream_id }) => stream_id === null || partitionOf(stream_id, partitions) === partition,
  )
  return {
    events: Math.min(sum(own), countUpTo),
    orMore: !isComplete || sum(rows) > countUpTo,
    seconds: own.reduce((oldest, { age }) => Math.max(oldest, age), 0),
  }
}

const toStatus = (row: PartitionRow, lag: Lag): PartitionStatus => {
  const { subscription, partition, partitions, position, age } = row
  const owner = row.owner ?? undefined
  const failure = row.failure ?? undefined
  const pausedAt = row.pausedAt ?? undefined
  return {
    subscription,
    partition,
    partitions,
    state: partitionState({ failure, pausedAt, owner }),
    position,
    lag,
    owner,
    heartbeatAt: row.heartbeatAt ?? undefined,
    heartbeatAge: row.heartbeatAge ?? undefined,
    leasedUntil: row.leasedUntil ?? undefined,
    busySince: row.busySince ?? undefined,
    lastTrouble: row.lastTrouble ?? undefined,
    failure,
    pausedAt,
    age,
    parked: row.parked,
    waiting: row.waiting,
    parkedCommands: row.parkedCommands,
    rejectedCommands: row.rejectedCommands,
    categories: row.categories ?? undefined,
    types: row.types ?? undefined,
    tags: row.tags ?? undefined,
    outdated:
      row.outdated === null
        ? undefined
        : { ...row.outdated, age: Math.max(0, row.now - row.outdated.at) },
    build:
      row.projection === null
        ? undefined
        : {
            projection: row.projection,
            isActive: row.active === true,
            ...(row.keptUntil === null ? {} : { keptUntil: row.keptUntil }),
          },
  }
}

/** Every partition of a subscription, or of all, by name and number. */
export const statusOf = (operated: OperatedSchema, countUpTo: number): Operator['status'] => {
  const { quoted, read } = operated
  const behind = behindIn(operated, countUpTo)

  return (subscription) =>
    pipe(
      read<PartitionRow>(statusIn(quoted), [subscription ?? null]),
      TE.flatMap((rows) => async () => {
        const statuses: PartitionStatus[] = []
        // Partitions of a subscription that are at one position have one look together.
        let last: PartitionRow | undefined
        let seen: E.Either<StoreFailed, Behind> = E.right({ rows: [], isComplete: true })
        for (const row of rows) {
          if (row.subscription !== last?.subscription || row.position !== last.position) {
            seen = await TE.tryCatch(() => behind(row), toStoreFailed('none'))()
          }
          last = row
          if (E.isLeft(seen)) return seen
          statuses.push(toStatus(row, lagOf(seen.right, row, countUpTo)))
        }
        return E.right(statuses)
      }),
    )
}
