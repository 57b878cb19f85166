import * as E from 'fp-ts/Either'
import { identity } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { commandAlreadyHandled, versionConflict } from '../../../core/errors/conflict'
import { named, type Executor, fetchRows, type TransactionScope } from '../connection/query'
import { handledCommand } from '../read/load-statements'
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

/** Calls an append function, which takes any append and says why one did not fit: see migrations/0001_reprise.sql. */
const call = (schema: string, append: string, setting: string): string => `
select stream_id, outcome, version, "position", recorded_at, command_id, event_count, fingerprint
from (select ${setting} as setting offset 0) s, ${schema}.${append}(
  $1::text[], $2::integer[],
  $3::text[]::uuid[], $4::text[], $5::smallint[], $6::text[]::jsonb[], $7::text[]::jsonb[],
  $8::text[], $9::integer[],
  $10::text[]::uuid[], $11::text[], $12::smallint[], $13::text[]::jsonb[], $14::text[]::jsonb[],
  $15::text[], $16::text[], $17::integer[], $18::integer[], $19::text[],
  case when s.setting is not null then ${eventsOf(schema)} end)`

/** The statements that take any append. */
export interface FallbackStatements {
  readonly append: string
  /** Inside of a transaction, with commands: a command that another transaction remembers does not abort it. */
  readonly appendInTransaction: string
}

/** The statements for a schema of any name. */
export const fallbackStatements = (schema: string, lockTimeout?: number): FallbackStatements => {
  const name = quoteIdentifier(schema)
  const setting = lockTimeout === undefined ? "''" : limitingLocks(lockTimeout)
  const calling = (append: string): string => call(name, append, setting)
  return {
    append: named('append', calling('append')),
    appendInTransaction: named('append_in_transaction', calling('append_in_transaction')),
  }
}

// JSON holds no control characters, so encoding it once more as JSON is the quoting that an array needs.
const jsonElement = (json: string): string =>
  json === EMPTY_METADATA ? '"{}"' : JSON.stringify(json)

/** The columns of some events, with arrays of texts for data and metadata; of no event, nulls. */
export const textColumns = (events: ReadonlyArray<EncodedEvent | undefined>): Columns => {
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

/** What an append function answers. */
export interface FallbackRow extends StoredRow {
  /** 0 appended, 1 conflict, 2 handled before. */
  readonly outcome: number
  readonly command_id: string | null
  readonly event_count: number | null
  readonly fingerprint: string | null
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
    const { command_id, event_count, version, fingerprint } = first
    const handled = handledCommand(version, event_count ?? 0, fingerprint)
    return E.left(commandAlreadyHandled(streamId, command_id ?? '', handled))
  }
  return stored(rows, first.recorded_at)
}

/**
 * Appends to some streams, each of them once, in one statement. Each append succeeds or fails on its own, unless the
 * statement fails as a whole: then all of them have failed.
 */
export const fallbackAppend =
  (db: Executor, statements: FallbackStatements, scope: TransactionScope): RunAppends =>
  async (appends) => {
    const isGuarded = scope === 'transaction' && appends.some(({ commands }) => commands.length > 0)
    const statement = isGuarded ? statements.appendInTransaction : statements.append
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
