import * as E from 'fp-ts/Either'
import { identity } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import { versionFits } from '../../../core/expected-version'
import type { StreamId } from '../../../core/stream'
import {
  type AnswerRow,
  answerTo,
  type AppendAnswer,
  byStream,
  noAnswer,
  oneRowEach,
  stored,
  type StoredRow,
} from './append-answer'
import { carefulParameters } from './append-parameters'
import { remembersTwice, toStoreFailed } from '../connection/errors'
import type { PreparedAppend } from './encoded-append'
import { lostRace, type Query, swiftQuery, type Contention } from './optimistic-append'
import type { Tables } from '../connection/tables'

/**
 * An answer to each of some appends, in their order. Never rejects.
 *
 * They come in the order of their streams' code units, from every process: or two statements may wait for each
 * other.
 */
export type RunAppends = (
  appends: ReadonlyArray<PreparedAppend>,
) => Promise<ReadonlyArray<AppendAnswer>>

/** An answer to one append. Never rejects. */
export type AppendPrepared = (append: PreparedAppend) => Promise<AppendAnswer>

/** The rows that a query answers; a Left is what it failed with. */
const rowsOf = <Row extends StoredRow>(
  { db }: Tables,
  { text, parameters }: Query,
): TE.TaskEither<unknown, ReadonlyArray<Row>> =>
  TE.tryCatch(async () => {
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))
    return rows
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
    const query = { text: tables.statements.append, parameters: carefulParameters(appends) }
    const found = await rowsOf<AnswerRow>(tables, query)()
    if (E.isLeft(found)) return failing(appends, standing, found.left)
    const rows = byStream(found.right)
    return appends.map((append) => answerTo(append, rows.get(append.streamId)))
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
  const answersFrom = async (
    appends: ReadonlyArray<PreparedAppend>,
    rows: ReadonlyMap<StreamId, ReadonlyArray<StoredRow>>,
  ): Promise<ReadonlyArray<AppendAnswer>> => {
    const left = appends.filter(({ streamId }) => !rows.has(streamId))
    if (left.length > 0) met()
    const answers = left.length > 0 ? await careful(left) : []
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
    const query = isUnlikely() ? swiftQuery(tables.statements, appends) : undefined
    if (query === undefined) return careful(appends)
    const found = await rowsOf<StoredRow>(tables, query)()
    if (E.isLeft(found)) {
      const lost = lostRace(found.left)
      if (lost) met()
      return lost && standing === 'alone'
        ? careful(appends)
        : failing(appends, standing, found.left)
    }
    return oneRowEach(appends, found.right) ?? answersFrom(appends, byStream(found.right))
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
