import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import type { StoreFailed } from '../../../core/errors/store'
import type { ExportedCommand, ExportedEvent, Transfer } from '../../../core/ports/transfer'
import type { StoredEvent } from '../../../core/recorded-event'
import { sortedTags } from '../../../core/tags'
import { toStoreFailed } from '../connection/errors'
import { type Executor, fetchRows, readRows, withoutPlugins } from '../connection/query'
import { rollBack } from '../connection/transaction'
import { eventsOf, IS_EVENT } from '../schema/names'
import { checkPositions, storedColumns } from '../read/stored-events'

const start = (schema: string): string => `
select v.lineage, v.horizon::double precision as "upTo",
       array_to_json(array(
         select t.category from ${schema}.tagged_categories t where t.rebuilt_to >= t.complete_after
         order by t.category))::jsonb as "completeTags"
from ${schema}.visible(${eventsOf(schema)}) v`

const CURSOR = 'reprise_export'

/**
 * The events with their tags. Tags have no index by position: they are sorted once for all pages, on the server.
 * A statement that declares a cursor takes no parameters everywhere.
 */
const declareCursor = (schema: string, after: number, upTo: number): string => `
declare ${CURSOR} no scroll cursor for
select ${storedColumns}, t.tags, pg_column_size(e.data) + pg_column_size(e.metadata) as bytes
from ${schema}.events e
left join (
  select position as at, jsonb_agg(tag) as tags from ${schema}.event_tags
  where position > ${after} and position <= ${upTo}
  group by position
) t on t.at = e.position
where e.position > ${after} and e.position <= ${upTo} and e.${IS_EVENT}
order by e.position`

/** For a cursor that is read to its end, however long that takes. */
const SETTINGS = [
  'set local cursor_tuple_fraction = 1',
  'set local jit = off',
  'set local statement_timeout = 0',
  'set local idle_in_transaction_session_timeout = 0',
]

interface Row extends StoredEvent {
  readonly tags: ReadonlyArray<string> | null
  readonly bytes: number
}

/** How much of events one page holds, about, in bytes as the server keeps them. */
const PAGE_BYTES = 2_000_000

/** How many events the next page may hold. */
const nextCount = (rows: ReadonlyArray<Row>): number => {
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  const each = Math.max(bytes / Math.max(rows.length, 1), 1)
  return Math.min(Math.max(Math.floor(PAGE_BYTES / each), 1), 5_000)
}

const toExported = ({ tags, bytes: _bytes, ...event }: Row): ExportedEvent => ({
  ...event,
  tags: tags === null ? [] : sortedTags(tags),
})

const readCursor = async <Failure>(
  executor: Executor,
  take: (page: ReadonlyArray<ExportedEvent>) => TE.TaskEither<Failure, void>,
): Promise<E.Either<StoreFailed | Failure, void>> => {
  let count = 100
  for (;;) {
    const rows = await fetchRows<Row>(executor, `fetch forward ${count} from ${CURSOR}`, [])
    if (rows.length === 0) return E.right(undefined)
    const valid = checkPositions(rows)
    if (E.isLeft(valid)) return valid
    const taken = await take(rows.map(toExported))()
    if (E.isLeft(taken)) return taken
    count = nextCount(rows)
  }
}

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

/** Takes out what the store holds. */
export const exporting = <Database>(
  db: Kysely<Database>,
  direct: Executor,
  schema: string,
): Pick<Transfer, 'exportStart' | 'exportEvents' | 'exportCommands'> => ({
  exportStart: () =>
    pipe(
      readRows<{ lineage: string; upTo: number; completeTags: string[] }>(
        direct,
        start(schema),
        [],
      ),
      TE.map(([row]) => row ?? { lineage: '', upTo: 0, completeTags: [] }),
    ),
  exportEvents:
    ({ after, upTo }, take) =>
    async () => {
      try {
        const transaction = await db.startTransaction().execute()
        try {
          const executor = withoutPlugins(transaction)
          const [from, to] = [Math.max(0, Math.floor(after)), Math.floor(upTo)]
          for (const statement of [...SETTINGS, declareCursor(schema, from, to)]) {
            await fetchRows(executor, statement, [])
          }
          return await readCursor(executor, take)
        } finally {
          await rollBack(transaction)
        }
      } catch (error) {
        return E.left(toStoreFailed('none')(error))
      }
    },
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
