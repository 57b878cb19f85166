import * as E from 'fp-ts/Either'
import { identity } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { commandAlreadyHandled, versionConflict } from '../../../core/errors/conflict'
import { named } from '../connection/own-statements'
import { type Executor, fetchRows, type TransactionScope } from '../connection/query'
import { eventsOf, quoteIdentifier } from '../schema/names'
import {
  allFailed,
  type AppendAnswer,
  byStream,
  noAnswer,
  notSent,
  type RunAppends,
  stored,
  type StoredRow,
} from './append-answer'
import { EMPTY_METADATA, type EncodedAppend, type EncodedEvent } from './encoded-append'
import {
  arrayText,
  type Columns,
  eventColumns,
  limitingLocks,
  markColumns,
  plainColumns,
  streamColumns,
} from './statement-parts'

/** Calls the append function, which takes any append and says why one did not fit: see migrations/0001_reprise.sql. */
const fallback = (schema: string, setting: string): string => `
select stream_id, outcome, version, "position", recorded_at, command_id, event_count
from (select ${setting} as setting offset 0) s, ${schema}.append(
  $1::text[], $2::integer[],
  $3::text[]::uuid[], $4::text[], $5::smallint[], $6::text[]::jsonb[], $7::text[]::jsonb[],
  $8::text[], $9::integer[],
  $10::text[]::uuid[], $11::text[], $12::smallint[], $13::text[]::jsonb[], $14::text[]::jsonb[],
  $15::text[], $16::text[], $17::integer[], $18::integer[],
  case when s.setting is not null then ${eventsOf(schema)} end)`

export const fallbackStatement = (schema: string, lockTimeout?: number): string => {
  const setting = lockTimeout === undefined ? "''" : limitingLocks(lockTimeout)
  return named('append', fallback(quoteIdentifier(schema), setting))
}

// JSON holds no control characters, so encoding it once more as JSON is the quoting that an array needs.
const jsonElement = (json: string): string =>
  json === EMPTY_METADATA ? '"{}"' : JSON.stringify(json)

/** The columns of some events, with arrays of texts for data and metadata; of no event, nulls. */
const textColumns = (events: ReadonlyArray<EncodedEvent | undefined>): Columns => {
  const [data, metadata] = [arrayText(), arrayText()]
  for (const event of events) {
    data.add(event && jsonElement(event.data))
    metadata.add(event && jsonElement(event.metadata))
  }
  return [...plainColumns(events), data.end(), metadata.end()]
}

const parametersOf = (appends: ReadonlyArray<EncodedAppend>): Columns => [
  ...streamColumns(appends),
  ...textColumns(appends.map(({ events }) => events[0])),
  ...eventColumns(appends, 1, textColumns),
  ...markColumns(appends),
]

interface FallbackRow extends StoredRow {
  /** 0 appended, 1 conflict, 2 handled before. */
  readonly outcome: number
  readonly command_id: string | null
  readonly event_count: number | null
}

const answerTo = (
  { streamId, expectedVersion }: EncodedAppend,
  rows: ReadonlyArray<FallbackRow> = [],
): AppendAnswer => {
  const [first] = rows
  if (first === undefined) return noAnswer
  if (first.outcome === 1) {
    return E.left(versionConflict(streamId, expectedVersion, first.version))
  }
  if (first.outcome === 2) {
    const { command_id, event_count, version } = first
    return E.left(commandAlreadyHandled(streamId, command_id ?? '', version, event_count ?? 0))
  }
  return stored(rows, first.recorded_at)
}

/**
 * Appends to some streams, each of them once, in one statement. Each append succeeds or fails on its own, unless the
 * statement fails as a whole: then all of them have failed.
 */
export const fallbackAppend =
  (db: Executor, statement: string, scope: TransactionScope): RunAppends =>
  async (appends) => {
    const parameters = E.tryCatch(() => parametersOf(appends), identity)
    if (E.isLeft(parameters)) return notSent(appends, parameters.left)
    const send = TE.tryCatch(
      () => fetchRows<FallbackRow>(db, statement, parameters.right),
      identity,
    )
    const found = await send()
    if (E.isLeft(found)) return allFailed(appends, scope, found.left)
    const rows = byStream(found.right)
    return appends.map((append) => answerTo(append, rows.get(append.streamId)))
  }
