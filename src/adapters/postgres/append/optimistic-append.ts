import * as E from 'fp-ts/Either'
import { identity } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { commandAlreadyHandled, versionConflict } from '../../../core/errors/conflict'
import { JSON_PER_STATEMENT } from '../../../core/limits'
import type { StreamId } from '../../../core/stream'
import { isCommandTaken, isVersionTaken } from '../connection/errors'
import { named, type Executor, fetchRows, type TransactionScope } from '../connection/query'
import { handledCommand } from '../read/stored-events'
import { eventsOf, quoteIdentifier } from '../schema/names'
import {
  allFailed,
  type AppendAnswer,
  byStream,
  type EncodedAppend,
  lengthOf,
  noAnswer,
  notSent,
  type OutcomeRow,
  type RunAppends,
  stored,
  type StoredRow,
} from './append'
import {
  manyStreamsQuery,
  type ManyStreamsStatements,
  manyStreamsStatements,
  oneStreamQuery,
  type OneStreamStatements,
  oneStreamStatements,
} from './append-statements'
import {
  type Columns,
  eventColumns,
  limitingLocks,
  markColumns,
  type Query,
  streamColumns,
  textColumns,
} from './statement-parts'

// An append is optimistic: one statement checks the versions and inserts. What did not fit gives no row, and a race that
// is lost while a row is stored violates a primary key and fails the whole statement: either way nothing of it is
// stored, and the fallback, a function on the server that takes any append, answers what has happened.

/** Every statement that appends, as text. */
export interface AppendStatements
  extends OneStreamStatements, ManyStreamsStatements, FallbackStatements {}

/**
 * The statements for a schema of any name.
 *
 * @param lockTimeout - how long they wait for a lock, in milliseconds. Left out: as long as the connection says.
 */
export const appendStatements = (schema: string, lockTimeout?: number): AppendStatements => ({
  ...oneStreamStatements(schema, lockTimeout),
  ...manyStreamsStatements(schema, lockTimeout),
  ...fallbackStatements(schema, lockTimeout),
})

/** The optimistic statement for some appends; `undefined`: there is none for decisions without events or very much data. */
export const optimisticQuery = (
  statements: AppendStatements,
  appends: ReadonlyArray<EncodedAppend>,
): Query | undefined => {
  let length = 0
  for (const append of appends) {
    if (append.events.length === 0) return undefined
    length += lengthOf(append)
  }
  if (length > JSON_PER_STATEMENT) return undefined
  const [only] = appends
  const short =
    only !== undefined && appends.length === 1 ? oneStreamQuery(statements, only) : undefined
  return short ?? manyStreamsQuery(statements, appends)
}

/** Whether an optimistic statement has failed only because another writer was faster at this very moment. */
export const lostRace = (error: unknown): boolean => isVersionTaken(error) || isCommandTaken(error)

/** How many statements take the fallback after one that met another writer. */
const FALLBACK_STATEMENTS = 32

/** Whether others write to the same streams just now: then the optimistic way is the longer one. */
export interface Contention {
  readonly isUnlikely: () => boolean
  readonly record: () => void
}

export const contention = (): Contention => {
  let fallbacks = 0
  return {
    isUnlikely: () => {
      if (fallbacks === 0) return true
      fallbacks -= 1
      return false
    },
    record: () => {
      fallbacks = FALLBACK_STATEMENTS
    },
  }
}

/** An answer to each append, if each of them has given one row, in their order: the usual case. */
const oneRowEach = (
  appends: ReadonlyArray<EncodedAppend>,
  rows: ReadonlyArray<StoredRow>,
): ReadonlyArray<AppendAnswer> | undefined => {
  if (rows.length !== appends.length) return undefined
  const answers: AppendAnswer[] = []
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]
    if (row === undefined || row.stream_id !== appends[index]?.streamId) return undefined
    answers.push(stored([row], row.recorded_at))
  }
  return answers
}

// Not TE.tryCatch, which takes two kilobytes: this is done for every append.
const settled = <Value>(promise: Promise<Value>): Promise<E.Either<unknown, Value>> =>
  promise.then<E.Either<unknown, Value>, E.Either<unknown, Value>>(E.right, E.left)

/** What the statements of a store have in common. */
export interface AppendContext {
  readonly statements: AppendStatements
  /** Shared by all that append to the same database. */
  readonly contention: Contention
}

/**
 * Appends as {@link fallbackAppend} does, but faster: assumes that everything fits, and falls back only for what did
 * not. A lost race leaves a transaction unusable: it is answered as a failure, see {@link lostRace}, and the owner of
 * the transaction begins another one.
 */
export const optimisticAppend = (
  { statements, contention }: AppendContext,
  db: Executor,
  scope: TransactionScope,
): RunAppends => {
  const fallback = fallbackAppend(db, statements, scope)
  const answersFrom = async (
    appends: ReadonlyArray<EncodedAppend>,
    rows: ReadonlyMap<StreamId, ReadonlyArray<StoredRow>>,
  ): Promise<ReadonlyArray<AppendAnswer>> => {
    const left = appends.filter(({ streamId }) => !rows.has(streamId))
    if (left.length > 0) contention.record()
    const answers = left.length > 0 ? await fallback(left) : []
    let next = 0
    return appends.map(({ streamId }) => {
      const own = rows.get(streamId)
      const [first] = own ?? []
      return own === undefined || first === undefined
        ? (answers[next++] ?? noAnswer)
        : stored(own, first.recorded_at)
    })
  }
  return async (appends) => {
    let query: Query | undefined
    try {
      if (contention.isUnlikely()) query = optimisticQuery(statements, appends)
    } catch (cause) {
      return notSent(appends, cause)
    }
    if (query === undefined) return fallback(appends)
    const found = await settled(fetchRows<StoredRow>(db, query.text, query.parameters))
    if (E.isLeft(found)) {
      const lost = lostRace(found.left)
      if (lost) contention.record()
      return lost && scope === 'statement'
        ? fallback(appends)
        : allFailed(appends, scope, found.left)
    }
    return oneRowEach(appends, found.right) ?? answersFrom(appends, byStream(found.right))
  }
}

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

const parametersOf = (appends: ReadonlyArray<EncodedAppend>): Columns => [
  ...streamColumns(appends),
  ...textColumns(appends.map(({ events }) => events[0])),
  ...eventColumns(appends, 1, textColumns),
  ...markColumns(appends),
]

const answerTo = (
  { streamId, expectedVersion }: EncodedAppend,
  rows: ReadonlyArray<OutcomeRow> = [],
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
    const send = TE.tryCatch(() => fetchRows<OutcomeRow>(db, statement, parameters.right), identity)
    const found = await send()
    if (E.isLeft(found)) return allFailed(appends, scope, found.left)
    const rows = byStream(found.right)
    return appends.map((append) => answerTo(append, rows.get(append.streamId)))
  }
