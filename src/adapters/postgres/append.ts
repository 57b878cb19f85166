import * as E from 'fp-ts/Either'
import { CompiledQuery } from 'kysely'
import type { Appended } from '../../core/append'
import { commandAlreadyHandled, versionConflict } from '../../core/errors/conflict'
import { storeFailed } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import type { StreamId } from '../../core/stream'
import { remembersTwice, toStoreFailed } from './errors'
import { appendParameters, loneParameters, type PreparedAppend } from './prepared-append'
import type { Tables } from './tables'

/** A row of the append function: see migrations/0001_events.sql. */
interface AppendRow {
  readonly stream_id: string
  /** 0 appended, 1 conflict, 2 handled before. */
  readonly outcome: number
  readonly version: number
  readonly position: number | null
  readonly recorded_at: number
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

const answerTo = (
  { streamId, expectedVersion }: PreparedAppend,
  rows: ReadonlyArray<AppendRow> = [],
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
  return E.right({
    version: rows.reduce((highest, { version }) => Math.max(highest, version), 0),
    positions: rows
      .flatMap(({ position }) => (position === null ? [] : [position]))
      .sort((left, right) => left - right),
    recordedAt: first.recorded_at,
  })
}

const rowsByStream = (
  rows: ReadonlyArray<AppendRow>,
): ReadonlyMap<StreamId, ReadonlyArray<AppendRow>> => {
  const byStream = new Map<StreamId, AppendRow[]>()
  for (const row of rows) {
    const known = byStream.get(row.stream_id)
    if (known === undefined) byStream.set(row.stream_id, [row])
    else known.push(row)
  }
  return byStream
}

const byStreamId = (left: PreparedAppend, right: PreparedAppend): number =>
  left.streamId < right.streamId ? -1 : 1

/** Whether `run` may take the short way for a lone event: only outside a transaction. */
export type Way = 'autocommit' | 'inTransaction'

const ask = async (
  { db, statements }: Tables,
  appends: ReadonlyArray<PreparedAppend>,
  way: Way,
): Promise<ReadonlyArray<AppendRow>> => {
  const [lone] = appends
  const parameters =
    way === 'autocommit' && appends.length === 1 && lone !== undefined
      ? loneParameters(lone)
      : undefined
  const query =
    parameters === undefined
      ? CompiledQuery.raw(statements.append, [...appendParameters(appends)])
      : CompiledQuery.raw(statements.appendLone, [...parameters])
  return (await db.executeQuery<AppendRow>(query)).rows
}

/**
 * Appends to some streams, each of them once, in one statement. Each append succeeds or fails on its
 * own, unless the statement fails as a whole: then all of them have failed.
 */
export const appendTogether =
  (tables: Tables, way: Way): RunAppends =>
  async (appends) => {
    try {
      const ordered = appends.length === 1 ? appends : [...appends].sort(byStreamId)
      const byStream = rowsByStream(await ask(tables, ordered, way))
      return appends.map((append) => answerTo(append, byStream.get(append.streamId)))
    } catch (error) {
      const failed: AppendAnswer = E.left(toStoreFailed('appending')(error))
      return appends.map(() => failed)
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
