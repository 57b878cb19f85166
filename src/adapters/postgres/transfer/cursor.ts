import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import type { StoreFailed } from '../../../core/errors/store'
import type { ExportedEvent } from '../../../core/ports/transfer'
import type { StoredEvent } from '../../../core/recorded-event'
import { sortedTags } from '../../../core/tags'
import { toStoreFailed } from '../connection/errors'
import { type Executor, fetchRows, withoutPlugins } from '../connection/query'
import { rollBack } from '../connection/transaction'
import { checkPositions, storedColumns } from '../read/stored-events'

const CURSOR = 'reprise_export'

/** Which events of the store a cursor gives: positions above `after` and up to `upTo`. */
export interface CursorRange {
  readonly after: number
  readonly upTo: number
  readonly order: 'position' | 'stream_id, version'
}

/**
 * The events with their tags. Tags have no index by position: they are sorted once for all pages, on the server.
 * A row with the schema version 0 stands for a stream that was erased, and is no event.
 * A statement that declares a cursor takes no parameters everywhere.
 *
 * @param schema - its quoted name.
 */
export const eventsWithTags = (schema: string, { after, upTo, order }: CursorRange): string => `
select ${storedColumns}, t.tags, pg_column_size(e.data) + pg_column_size(e.metadata) as bytes
from ${schema}.events e
left join (
  select position as at, jsonb_agg(tag) as tags from ${schema}.event_tags
  where position > ${after} and position <= ${upTo}
  group by position
) t on t.at = e.position
where e.position > ${after} and e.position <= ${upTo} and e.schema_version <> 0
order by ${order}`

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
  return Math.min(Math.max(Math.floor(PAGE_BYTES / each), 1), 2_000)
}

// Field by field: a copy of the rest takes several times as long.
const toExported = (row: Row): ExportedEvent => ({
  id: row.id,
  streamId: row.streamId,
  version: row.version,
  position: row.position,
  recordedAt: row.recordedAt,
  type: row.type,
  schemaVersion: row.schemaVersion,
  data: row.data,
  metadata: row.metadata,
  tags: row.tags === null ? [] : sortedTags(row.tags),
})

const readCursor = async <Failure>(
  executor: Executor,
  take: (page: ReadonlyArray<ExportedEvent>) => TaskEither<Failure, void>,
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

/**
 * Gives events to `take`, page by page, in a transaction that only reads.
 *
 * @param query - answers the columns of {@link eventsWithTags}.
 */
export const throughCursor =
  <Database>(db: Kysely<Database>) =>
  <Failure>(
    query: string,
    take: (page: ReadonlyArray<ExportedEvent>) => TaskEither<Failure, void>,
  ): TaskEither<StoreFailed | Failure, void> =>
  async () => {
    try {
      const transaction = await db.startTransaction().execute()
      try {
        const executor = withoutPlugins(transaction)
        for (const statement of [...SETTINGS, `declare ${CURSOR} no scroll cursor for ${query}`]) {
          await fetchRows(executor, statement, [])
        }
        return await readCursor(executor, take)
      } finally {
        await rollBack(transaction)
      }
    } catch (error) {
      return E.left(toStoreFailed('none')(error))
    }
  }
