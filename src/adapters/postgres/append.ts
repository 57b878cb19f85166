import * as E from 'fp-ts/Either'
import { CompiledQuery } from 'kysely'
import type { Appended } from '../../core/append'
import { commandAlreadyHandled, versionConflict } from '../../core/errors/conflict'
import { storeFailed } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import type { StreamId } from '../../core/stream'
import { toStoreFailed } from './errors'
import { appendParameters, type PreparedAppend } from './prepared-append'
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

/**
 * Appends to some streams, each of them once, in one statement. Each append succeeds or fails on its
 * own, unless the statement fails as a whole: then all of them have failed.
 */
export const appendTogether =
  ({ db, statements }: Tables): RunAppends =>
  async (appends) => {
    try {
      const ordered = appends.length === 1 ? appends : [...appends].sort(byStreamId)
      const parameters = appendParameters(ordered)
      const { rows } = await db.executeQuery<AppendRow>(
        CompiledQuery.raw(statements.append, [...parameters]),
      )
      const byStream = rowsByStream(rows)
      return appends.map((append) => answerTo(append, byStream.get(append.streamId)))
    } catch (error) {
      const failed: AppendAnswer = E.left(toStoreFailed('appending')(error))
      return appends.map(() => failed)
    }
  }

const MOST_RACES = 1_000

/** Whether an append that leaves the version open has only lost a race: then it goes again. */
export const hasLostRace = (answer: AppendAnswer): boolean =>
  E.isLeft(answer) &&
  answer.left._tag === 'VersionConflict' &&
  versionFits(answer.left.expected, answer.left.actual)

/** One append on its own. With `any` and `mustExist` a lost race is nobody's conflict. */
export const appendAlone =
  (run: RunAppends): AppendPrepared =>
  async (append) => {
    let [answer = noAnswer] = await run([append])
    for (let races = 0; hasLostRace(answer) && races < MOST_RACES; races++) {
      ;[answer = noAnswer] = await run([append])
    }
    return answer
  }
