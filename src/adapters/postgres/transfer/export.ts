import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import type { ExportedCommand, ExportRange, Transfer } from '../../../core/ports/transfer'
import type { ArchiveLines } from '../../../core/transfer/rows'
import { originOf } from '../connection/origin'
import { type Executor, readRows } from '../connection/query'
import { eventsOf } from '../schema/names'
import { copiedEvents } from './copied-lines'
import { throughCopy } from './copying'
import { eventsWithTags, throughCursor } from './cursor'

const start = (schema: string): string => `
select v.lineage, v.horizon::double precision as "upTo",
       array_to_json(array(
         select t.category from ${schema}.tagged_categories t where t.rebuilt_to >= t.complete_after
         order by t.category))::jsonb as "completeTags"
from ${schema}.visible(${eventsOf(schema)}) v`

// Null: there is no event.
const commands = (schema: string): string => `
select c.stream_id as "streamId", c.command_id as "commandId", c.after, c.event_count as "eventCount", c.fingerprint
from ${schema}.commands c
where ($1::text is null or (c.stream_id, c.command_id) > ($1, $2::text))
  and (c.after + c.event_count = 0 or exists (
    select from ${schema}.events e
    where e.stream_id = c.stream_id and e.version = c.after + c.event_count and e.position <= $3::bigint))
order by c.stream_id, c.command_id
limit $4::integer`

interface CommandRow extends Omit<ExportedCommand, 'fingerprint'> {
  readonly fingerprint: string | null
}

/** A command without the fingerprint that it has not. */
export const toCommand = ({ fingerprint, ...command }: CommandRow): ExportedCommand => ({
  ...command,
  ...(fingerprint === null ? {} : { fingerprint }),
})

/** Positions as a statement without parameters takes them. */
const whole = ({ after, upTo }: ExportRange): ExportRange => ({
  after: Math.max(0, Math.floor(after)),
  upTo: Math.floor(upTo),
})

/** Only a connection of the driver `pg` can run COPY to here. */
const throughCopies = <Database>(
  db: Kysely<Database>,
  schema: string,
): Pick<Transfer, 'exportLines' | 'exportRows'> => {
  const origin = originOf(db)
  if (origin?._tag !== 'Pool') return {}
  const through = throughCopy(origin)
  const exportAs =
    (lines: ArchiveLines): NonNullable<Transfer['exportLines']> =>
    (range, take) =>
      through({ copy: copiedEvents(schema, whole(range)), lines }, take)
  return { exportLines: exportAs('json'), exportRows: exportAs('rows') }
}

/** Takes out what the store holds. */
export const exporting = <Database>(
  db: Kysely<Database>,
  direct: Executor,
  schema: string,
): Pick<
  Transfer,
  'exportStart' | 'exportEvents' | 'exportLines' | 'exportRows' | 'exportCommands'
> => ({
  exportStart: () =>
    pipe(
      readRows<{ lineage: string; upTo: number; completeTags: string[] }>(
        direct,
        start(schema),
        [],
      ),
      TE.map(([row]) => row ?? { lineage: '', upTo: 0, completeTags: [] }),
    ),
  exportEvents: (range, take) =>
    throughCursor(db)(eventsWithTags(schema, { ...whole(range), order: 'position' }), take),
  ...throughCopies(db, schema),
  exportCommands: ({ after, upTo, limit }) =>
    pipe(
      readRows<CommandRow>(direct, commands(schema), [
        after?.streamId ?? null,
        after?.commandId ?? null,
        upTo,
        limit,
      ]),
      TE.map((rows) => rows.map(toCommand)),
    ),
})
