import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import type { StoreFailed } from '../../../core/errors/store'
import type { Verifier } from '../../../core/ports/verifier'
import type { StoreDefect, StoreRule } from '../../../core/transfer/verify'
import { directExecutor } from '../connection/origin'
import { readRows } from '../connection/query'
import { DEFAULT_SCHEMA, HIGHEST_POSITION, quoteIdentifier } from '../schema/names'
import { eventsWithTags, throughCursor } from './cursor'

/** Beyond every position that can be stored. */
const ALL = Number.MAX_SAFE_INTEGER

// pg_stat counts what autovacuum has seen; reltuples is -1 before the first analyze.
const size = (schema: string): string => `
select greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)::double precision as size
from pg_class c where c.oid = '${schema.replaceAll("'", "''")}.events'::regclass`

/** One rule: a query of places and messages. $1: how many of them at most. */
type CrossRule = readonly [StoreRule, (schema: string) => string]

const rules: ReadonlyArray<CrossRule> = [
  [
    'Sequence',
    (schema) => `
    select 'events_position_seq' as place,
           format('the sequence is at %s, and an event has the position %s', s.last, e.highest) as message
    from (select case when is_called then last_value else 0 end as last from ${schema}.events_position_seq) s,
         (select max(position) as highest from ${schema}.events) e
    where e.highest > s.last or e.highest > ${HIGHEST_POSITION}`,
  ],
  [
    'Ids',
    (schema) => `
    select min(stream_id || ':' || version) as place,
           format('its id %s is that of %s events, one of them %s', id, count(*), max(stream_id || ':' || version)) as message
    from ${schema}.events group by id having count(*) > 1`,
  ],
  [
    'Tags',
    (schema) => `
    select format('tag %s', t.tag) as place, format('there is no event at its position %s', t.position) as message
    from ${schema}.event_tags t
    where not exists (select from ${schema}.events e where e.position = t.position)`,
  ],
  [
    'Tags',
    (schema) => `
    select e.stream_id || ':' || e.version as place,
           format('its tag %s says that its type is %s, and it is %s', t.tag, t.type, e.type) as message
    from ${schema}.event_tags t join ${schema}.events e using (position) where e.type <> t.type`,
  ],
  [
    'Commands',
    (schema) => `
    select c.stream_id as place,
           format('the command %s has given events up to version %s, and there is none', c.command_id,
             c.after + c.event_count) as message
    from ${schema}.commands c
    where c.after + c.event_count > 0 and not exists (
      select from ${schema}.events e where e.stream_id = c.stream_id and e.version = c.after + c.event_count)
      and not exists (
        select from ${schema}.archived_events a where a.stream_id = c.stream_id and a.version = c.after + c.event_count)
      and not exists (
        select from ${schema}.archived_streams a join ${schema}.events e on e.stream_id = a.stream_id and e.version = 2147483647
        where a.stream_id = c.stream_id and a.file is not null and c.after + c.event_count <= (e.data->>'version')::integer)
      and not exists (
        select from ${schema}.truncated_streams t where t.stream_id = c.stream_id and c.after + c.event_count < t.up_to)`,
  ],
  [
    'Chain', // what is there is compared on the walk
    (schema) => `
    select h.stream_id as place, format('version %s was sealed, and there is none', h.version) as message
    from ${schema}.chain_heads h
    where not exists (
      select from ${schema}.events e where e.stream_id = h.stream_id and e.version in (h.version, 2147483647))`,
  ],
  [
    'Erased',
    (schema) => `
    select e.stream_id as place, 'it was erased, and there are events, commands or a snapshot of it' as message
    from ${schema}.events e
    where e.schema_version = 0 and e.version = 2147483647 and e.type = 'erased' and (
      exists (select from ${schema}.events o where o.stream_id = e.stream_id and o.schema_version <> 0)
      or exists (select from ${schema}.archived_events a where a.stream_id = e.stream_id)
      or exists (select from ${schema}.commands c where c.stream_id = e.stream_id)
      or exists (select from ${schema}.snapshots s where s.stream_id = e.stream_id))`,
  ],
  [
    'Archive',
    (schema) => `
    select a.stream_id as place, 'its events in the archive are not what was archived' as message
    from ${schema}.archived_streams a
    where a.file is null and a.checksum is distinct from ${schema}.archive_checksum(a.stream_id)
      or a.file is not null and exists (select from ${schema}.archived_events o where o.stream_id = a.stream_id)
      or exists (select from ${schema}.events e where e.stream_id = a.stream_id and e.schema_version > 0)`,
  ],
  [
    'Archive',
    (schema) => `
    select e.stream_id as place, 'it is in the archive, and there is nothing' as message
    from ${schema}.events e
    where e.schema_version = 0 and e.version = 2147483647 and e.type = 'archived'
      and not exists (select from ${schema}.archived_streams a where a.stream_id = e.stream_id)`,
  ],
  [
    'Snapshots',
    (schema) => `
    select s.stream_id as place, format('a snapshot is of version %s, and there is none', s.version) as message
    from ${schema}.snapshots s
    where not exists (
      select from ${schema}.events e where e.stream_id = s.stream_id and e.version = s.version)
      and not exists (
        select from ${schema}.truncated_streams t where t.stream_id = s.stream_id and s.version < t.up_to)`,
  ],
  [
    'Checkpoints',
    (schema) => `
    select format('%s#%s', c.subscription, c.partition) as place,
           format('it is at %s, and the last event at %s', c.position, e.highest) as message
    from ${schema}.checkpoints c, ${schema}.store s,
         (select coalesce(max(position), 0) as highest from ${schema}.events) e
    where c.position > e.highest and c.lineage = s.lineage::text`,
  ],
]

type Found = Omit<StoreDefect, 'rule'>

/**
 * Looks at everything in one schema.
 *
 * @example
 * const verifier = postgresVerifier(db)
 * const defects = await verifier.crossCheck(20)()
 */
export const postgresVerifier = <Database>(
  db: Kysely<Database>,
  schema: string = DEFAULT_SCHEMA,
): Verifier => {
  const direct = directExecutor(db)
  const quoted = quoteIdentifier(schema)
  return {
    size: () =>
      pipe(
        readRows<{ readonly size: number }>(direct, size(quoted), []),
        TE.map(([row]) => row?.size ?? 0),
      ),
    walk: (take) =>
      throughCursor(db)(
        eventsWithTags(quoted, { after: -ALL, upTo: ALL, order: 'stream_id, version' }),
        take,
      ),
    crossCheck: (limit) => async () => {
      const defects: StoreDefect[] = []
      for (const [rule, query] of rules) {
        const statement = `${query(quoted)} order by 1, 2 limit $1::integer`
        const found: E.Either<StoreFailed, ReadonlyArray<Found>> = await readRows<Found>(
          direct,
          statement,
          [limit],
        )()
        if (E.isLeft(found)) return found
        defects.push(...found.right.map((one) => ({ rule, ...one })))
      }
      return E.right(defects)
    },
  }
}
