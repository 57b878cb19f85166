import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import type { Transfer } from '../../../core/ports/transfer'
import { directExecutor } from '../connection/origin'
import { readRows } from '../connection/query'
import { milliseconds, quoteIdentifier, quoteText } from '../schema/names'
import { throughCursor } from './cursor'

/** Libraries whose tables can be read. The mappings are explained in docs/how-to/come-from-another-library.md. */
export const FOREIGN_SYSTEMS = ['emmett', 'marten'] as const
export type ForeignSystem = (typeof FOREIGN_SYSTEMS)[number]

/** What an export needs of a store. */
export type Exporting = Pick<Transfer, 'exportStart' | 'exportEvents' | 'exportCommands'>

/** The tables of one library, in a schema whose name is quoted. */
interface Tables {
  /** The table of the events, and its column with the global order. */
  readonly events: (schema: string) => string
  readonly position: string
  /** The columns of an event, from `e`. */
  readonly columns: string
  readonly joins: (schema: string) => string
  readonly condition: string
}

/** A record as it is, anything else inside of one. */
const record = (json: string): string =>
  `case when jsonb_typeof(${json}) = 'object' then ${json} else jsonb_build_object('value', ${json}) end`

/** Our metadata from the names of others; what is left of a record is the application's own. */
const metadata = (correlationId: string, causationId: string, extra: string): string => `
  jsonb_strip_nulls(jsonb_build_object(
    'correlationId', nullif(${correlationId}, ''), 'causationId', nullif(${causationId}, '')))
  || case when jsonb_typeof(${extra}) = 'object' and ${extra} <> '{}' then jsonb_build_object('extra', ${extra}) else '{}' end`

const UUID = "'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'"

const emmett: Tables = {
  events: (schema) => `${schema}.emt_messages`,
  position: 'e.global_position',
  columns: `
  case when e.message_id ~* ${UUID} then lower(e.message_id) else md5(e.message_id)::uuid::text end as id,
  case when position('-' in e.stream_id) > 1 then e.stream_id else 'emmett-' || e.stream_id end as "streamId",
  e.stream_position::integer as version, e.message_type as type,
  case when e.message_schema_version ~ '^[1-9][0-9]{0,3}$' then e.message_schema_version::integer else 1 end as "schemaVersion",
  ${milliseconds('e.created')} as "recordedAt",
  ${record('e.message_data')} as data,
  ${metadata("e.message_metadata ->> 'correlationId'", "e.message_metadata ->> 'causationId'", "(e.message_metadata - 'correlationId' - 'causationId')")} as metadata`,
  joins: () => '',
  condition: "e.message_kind = 'E' and not e.is_archived",
}

// Columns that Marten makes only when it is told to are read from the row as a whole.
const marten: Tables = {
  events: (schema) => `${schema}.mt_events`,
  position: 'e.seq_id',
  columns: `
  e.id::text as id,
  replace(coalesce(nullif(s.type, ''), 'marten'), '-', '_') || '-'
    || case when e.tenant_id = '*DEFAULT*' then '' else e.tenant_id || '/' end || e.stream_id::text as "streamId",
  e.version::integer as version, e.type as type, 1 as "schemaVersion",
  ${milliseconds('e.timestamp')} as "recordedAt",
  ${record('e.data')} as data,
  ${metadata("to_jsonb(e) ->> 'correlation_id'", "to_jsonb(e) ->> 'causation_id'", "(to_jsonb(e) -> 'headers')")} as metadata`,
  joins: (schema) =>
    `left join ${schema}.mt_streams s on s.id = e.stream_id and s.tenant_id = e.tenant_id`,
  condition: 'not e.is_archived',
}

const tables: Readonly<Record<ForeignSystem, Tables>> = { emmett, marten }

/**
 * The events of another library's store, as an export gives them: no tags, no commands. Its writers must have ended.
 *
 * @param schema - where its tables are.
 */
export const foreignTransfer = <Database>(
  db: Kysely<Database>,
  system: ForeignSystem,
  schema: string,
): Exporting => {
  const { events, position, columns, joins, condition } = tables[system]
  const quoted = quoteIdentifier(schema)
  const start = `
    select format('%s of %s in %s', ${quoteText(system)}, ${quoteText(schema)}, current_database()) as lineage,
           coalesce(max(${position}), 0)::double precision as "upTo"
    from ${events(quoted)} e where ${condition}`
  return {
    exportStart: () =>
      pipe(
        readRows<{ readonly lineage: string; readonly upTo: number }>(
          directExecutor(db),
          start,
          [],
        ),
        TE.map(([row]) => ({
          lineage: row?.lineage ?? '',
          upTo: row?.upTo ?? 0,
          completeTags: [],
        })),
      ),
    exportEvents: ({ after, upTo }, take) =>
      throughCursor(db)(
        `
        select ${columns}, ${position}::double precision as "position", null::jsonb as tags, 500 as bytes
        from ${events(quoted)} e ${joins(quoted)}
        where ${position} > ${Math.floor(after)} and ${position} <= ${Math.floor(upTo)} and ${condition}
        order by ${position}`,
        take,
      ),
    exportCommands: () => TE.right([]),
  }
}
