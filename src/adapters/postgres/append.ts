import * as E from 'fp-ts/Either'
import { CompiledQuery } from 'kysely'
import type { Appended } from '../../core/append'
import { commandAlreadyHandled, versionConflict } from '../../core/errors/conflict'
import { storeFailed } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import type { StreamId } from '../../core/stream'
import { remembersTwice, toStoreFailed } from './errors'
import { carefulParameters, type PreparedAppend } from './prepared-append'
import { lostRace, type Query, swiftQuery, weather } from './swift-append'
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

const stored = (rows: ReadonlyArray<StoredRow>, recordedAt: number): AppendAnswer =>
  E.right({
    version: rows.reduce((highest, { version }) => Math.max(highest, version), 0),
    positions: rows
      .flatMap(({ position }) => (position === null ? [] : [position]))
      .sort((left, right) => left - right),
    recordedAt,
  })

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

const rowsOf = async <Row extends StoredRow>(
  { db }: Tables,
  { text, parameters }: Query,
): Promise<ReadonlyMap<StreamId, ReadonlyArray<Row>>> => {
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))
  const byStream = new Map<StreamId, Row[]>()
  for (const row of rows) {
    const known = byStream.get(row.stream_id)
    if (known === undefined) byStream.set(row.stream_id, [row])
    else known.push(row)
  }
  return byStream
}

/** A statement that fails as a whole fails for each of its appends. */
const answering =
  (run: RunAppends): RunAppends =>
  async (appends) => {
    try {
      return await run(appends)
    } catch (error) {
      const failed: AppendAnswer = E.left(toStoreFailed('appending')(error))
      return appends.map(() => failed)
    }
  }

/**
 * Appends to some streams, each of them once, in one statement, which may be part of a transaction.
 * Each append succeeds or fails on its own, unless the statement fails as a whole: then all of them
 * have failed.
 */
export const appendCarefully = (tables: Tables): RunAppends =>
  answering(async (appends) => {
    const parameters = carefulParameters(inOrder(appends))
    const byStream = await rowsOf<AnswerRow>(tables, {
      text: tables.statements.append,
      parameters,
    })
    return appends.map((append) => answerTo(append, byStream.get(append.streamId)))
  })

/**
 * The same outside a transaction, and faster: supposes that everything fits, and asks carefully only
 * for what did not.
 */
export const appendSwiftly = (tables: Tables): RunAppends => {
  const careful = appendCarefully(tables)
  const { isCalm, collided } = weather()

  /** `undefined`: a race was lost, and nothing is stored. */
  const attempt = async (query: Query) => {
    try {
      return await rowsOf<StoredRow>(tables, query)
    } catch (error) {
      if (lostRace(error)) return undefined
      throw error
    }
  }

  return answering(async (appends) => {
    const query = isCalm() ? swiftQuery(tables.statements, inOrder(appends)) : undefined
    if (query === undefined) return careful(appends)
    const found = await attempt(query)
    const left = appends.filter(({ streamId }) => found?.has(streamId) !== true)
    if (left.length > 0) collided()
    const answers = left.length > 0 ? await careful(left) : []
    let next = 0
    return appends.map(({ streamId }) => {
      const rows = found?.get(streamId)
      return rows?.[0] === undefined
        ? (answers[next++] ?? noAnswer)
        : stored(rows, rows[0].recorded_at)
    })
  })
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

/** One append on its own, asked for again while it is overtaken. */
export const appendAlone =
  (run: RunAppends): AppendPrepared =>
  async (append) => {
    let [answer = noAnswer] = await run([append])
    for (let races = 0; isOvertaken(answer) && races < MOST_RACES; races++) {
      ;[answer = noAnswer] = await run([append])
    }
    return answer
  }
