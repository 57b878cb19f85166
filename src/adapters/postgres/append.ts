import * as E from 'fp-ts/Either'
import { identity } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import type { Appended } from '../../core/append'
import { commandAlreadyHandled, versionConflict } from '../../core/errors/conflict'
import { storeFailed } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import type { StreamId } from '../../core/stream'
import { remembersTwice, toStoreFailed } from './errors'
import { carefulParameters, type PreparedAppend } from './prepared-append'
import { lostRace, type Query, swiftQuery, type Contention } from './swift-append'
import type { Tables } from './tables'

/** An event that was stored. */
interface StoredRow {
  readonly stream_id: string
  readonly version: number
  readonly position: number | null
  readonly recorded_at: number
}

/** A row of the append function: see migrations/0001_events.sql. */
interface AnswerRow extends StoredRow {
  /** 0 appended, 1 conflict, 2 handled before. */
  readonly outcome: number
  readonly command_id: string | null
  readonly event_count: number | null
}

export type AppendAnswer = E.Either<AppendError, Appended>

/** An answer to each of some appends, in their order. Never rejects. */
export type RunAppends = (
  appends: ReadonlyArray<PreparedAppend>,
) => Promise<ReadonlyArray<AppendAnswer>>

/** An answer to one append. Never rejects. */
export type AppendPrepared = (append: PreparedAppend) => Promise<AppendAnswer>

const noAnswer: AppendAnswer = E.left(
  storeFailed('Unexpected', 'unknown', undefined, 'the append gave no answer'),
)

/** @param rows - in any order. A row without a position is of an append without events. */
const stored = (rows: ReadonlyArray<StoredRow>, recordedAt: number): AppendAnswer => {
  let version = 0
  const positions: number[] = []
  for (const row of rows) {
    if (row.version > version) version = row.version
    if (row.position !== null) positions.push(row.position)
  }
  if (positions.length > 1) positions.sort((left, right) => left - right)
  return E.right({ version, positions, recordedAt })
}

const answerTo = (
  { streamId, expectedVersion }: PreparedAppend,
  rows: ReadonlyArray<AnswerRow> = [],
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

const byStreamId = (left: PreparedAppend, right: PreparedAppend): number =>
  left.streamId < right.streamId ? -1 : 1

/** In the same order in every process: two statements must not wait for each other. */
const inOrder = (appends: ReadonlyArray<PreparedAppend>): ReadonlyArray<PreparedAppend> =>
  appends.length === 1 ? appends : [...appends].sort(byStreamId)

/** The rows that a query answers, by stream; a Left is what it failed with. */
const rowsOf = <Row extends StoredRow>(
  { db }: Tables,
  { text, parameters }: Query,
): TE.TaskEither<unknown, ReadonlyMap<StreamId, ReadonlyArray<Row>>> =>
  TE.tryCatch(async () => {
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))
    const byStream = new Map<StreamId, Row[]>()
    for (const row of rows) {
      const known = byStream.get(row.stream_id)
      if (known === undefined) byStream.set(row.stream_id, [row])
      else known.push(row)
    }
    return byStream
  }, identity)

/** Where a statement stands: alone it commits; in a transaction nothing is written until that does. */
export type Standing = 'alone' | 'in a transaction'

/** A statement that fails as a whole fails for each of its appends. */
const failing = (
  appends: ReadonlyArray<PreparedAppend>,
  standing: Standing,
  error: unknown,
): ReadonlyArray<AppendAnswer> => {
  const doing = standing === 'alone' ? 'appending' : 'writing, not yet committed'
  const failed: AppendAnswer = E.left(toStoreFailed(doing)(error))
  return appends.map(() => failed)
}

/**
 * Appends to some streams, each of them once, in one statement. Each append succeeds or fails on its
 * own, unless the statement fails as a whole: then all of them have failed.
 */
export const appendCarefully =
  (tables: Tables, standing: Standing): RunAppends =>
  async (appends) => {
    const parameters = carefulParameters(inOrder(appends))
    const query = { text: tables.statements.append, parameters }
    const found = await rowsOf<AnswerRow>(tables, query)()
    return E.isLeft(found)
      ? failing(appends, standing, found.left)
      : appends.map((append) => answerTo(append, found.right.get(append.streamId)))
  }

/**
 * The same, and faster: supposes that everything fits, and asks carefully only for what did not. A race
 * that is lost leaves a transaction unusable: it is answered as a failure, see {@link lostRace}, and whoever
 * owns the transaction begins another one.
 *
 * @param contention - shared by all that append to the same database.
 */
export const appendSwiftly = (
  tables: Tables,
  { isUnlikely, met }: Contention,
  standing: Standing,
): RunAppends => {
  const careful = appendCarefully(tables, standing)
  return async (appends) => {
    const query = isUnlikely() ? swiftQuery(tables.statements, inOrder(appends)) : undefined
    if (query === undefined) return careful(appends)
    const found = await rowsOf<StoredRow>(tables, query)()
    if (E.isLeft(found)) {
      const lost = lostRace(found.left)
      if (lost) met()
      return lost && standing === 'alone'
        ? careful(appends)
        : failing(appends, standing, found.left)
    }
    const left = appends.filter(({ streamId }) => !found.right.has(streamId))
    if (left.length > 0) met()
    const answers = left.length > 0 ? await careful(left) : []
    let next = 0
    return appends.map(({ streamId }) => {
      const rows = found.right.get(streamId)
      const [first] = rows ?? []
      return rows === undefined || first === undefined
        ? (answers[next++] ?? noAnswer)
        : stored(rows, first.recorded_at)
    })
  }
}

const MOST_RACES = 1_000

/**
 * Whether an append must be asked for again: somebody else was faster at this very moment, and only a
 * new look can tell what that means.
 */
export const isOvertaken = (answer: AppendAnswer): boolean => {
  if (E.isRight(answer)) return false
  const error = answer.left
  if (error._tag === 'VersionConflict') return versionFits(error.expected, error.actual)
  return error._tag === 'StoreFailed' && remembersTwice(error.cause)
}

/** One append on its own, asked for once. */
export const appendOnce =
  (run: RunAppends): AppendPrepared =>
  async (append) => {
    const [answer = noAnswer] = await run([append])
    return answer
  }

/** One append on its own, asked for again while it is overtaken. */
export const appendAlone =
  (run: RunAppends): AppendPrepared =>
  async (append) => {
    const once = appendOnce(run)
    let answer = await once(append)
    for (let races = 0; isOvertaken(answer) && races < MOST_RACES; races++) {
      answer = await once(append)
    }
    return answer
  }
