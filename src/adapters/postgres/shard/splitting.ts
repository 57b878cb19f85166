import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { StreamSummary } from '../../../core/ports/event-store'
import type { LogState, PendingProcess, SplitPart } from '../../../core/ports/split'
import { processOf } from '../../../core/process-manager'
import { type Executor, readRows, writeRows } from '../connection/query'
import { ENDED_VERSION, quoteIdentifier } from '../schema/names'

/** What only PostgreSQL can do: its replication makes the copy. */
export type PostgresSplitting = Pick<
  SplitPart,
  | 'log'
  | 'promote'
  | 'activeProcessManagers'
  | 'pendingProcesses'
  | 'dropProcesses'
  | 'streams'
  | 'dropStreams'
>

const LOG = `select pg_is_in_recovery() as "isStandby",
  (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end - '0/0'::pg_lsn)::double precision
    as reached`

// A repeated call finds a primary, and has nothing to do.
const PROMOTE = 'select case when pg_is_in_recovery() then pg_promote(true, 60) end as promoted'

/** Splitting a shard that is in a schema. */
export const splittingIn = (schema: string) => {
  const name = quoteIdentifier(schema)
  const active = `select name from ${name}.subscriptions where paused_at is null order by name`
  const pending = `select distinct process, key from ${name}.outbox order by process, key`
  const dropProcesses = `delete from ${name}.outbox o using unnest($1::text[], $2::text[]) as d(process, key)
    where o.process = d.process and o.key = d.key`
  // Jumps from one stream to the next, as the list of streams does. What stands for one that has ended knows its version; an erased
  // one counts as one with an event, so that it is deleted only where the other shard has what stands for it, too.
  const streams = `with recursive found as (
      (select stream_id from ${name}.events where stream_id > $1::text order by stream_id limit 1)
      union all
      select (select e.stream_id from ${name}.events e where e.stream_id > f.stream_id order by e.stream_id limit 1)
      from found f where f.stream_id is not null
    )
    select f.stream_id as "streamId",
      case when e.version = ${ENDED_VERSION} then coalesce((e.data->>'version')::integer, 1) else e.version end as version
    from found f
      cross join lateral (
        select version, data from ${name}.events where stream_id = f.stream_id order by version desc limit 1) e
    limit $2::integer`
  const dropStreams = `select ${name}.drop_moved($1::text[]) as dropped`
  return (db: Executor): PostgresSplitting => ({
    log: pipe(
      readRows<LogState>(db, LOG, []),
      TE.map(([row]) => row ?? { isStandby: false, reached: 0 }),
    ),
    promote: pipe(
      writeRows(db, 'statement', PROMOTE, []),
      TE.map(() => undefined),
    ),
    activeProcessManagers: pipe(
      readRows<{ readonly name: string }>(db, active, []),
      TE.map((rows) => rows.flatMap(({ name: subscription }) => processOf(subscription) ?? [])),
    ),
    pendingProcesses: readRows<PendingProcess>(db, pending, []),
    dropProcesses: (processes) =>
      pipe(
        writeRows(db, 'statement', dropProcesses, [
          processes.map(({ process }) => process),
          processes.map(({ key }) => key),
        ]),
        TE.map(() => undefined),
      ),
    streams: ({ after, limit }) =>
      readRows<Pick<StreamSummary, 'streamId' | 'version'>>(db, streams, [after, limit]),
    dropStreams: (streamIds) =>
      pipe(
        writeRows<{ readonly dropped: number }>(db, 'statement', dropStreams, [streamIds]),
        TE.map(([row]) => row?.dropped ?? 0),
      ),
  })
}
