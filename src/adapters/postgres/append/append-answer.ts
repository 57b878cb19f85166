import * as E from 'fp-ts/Either'
import type { Appended } from '../../../core/append'
import { commandAlreadyHandled, versionConflict } from '../../../core/errors/conflict'
import { storeFailed } from '../../../core/errors/store'
import type { AppendError } from '../../../core/errors/unions'
import type { StreamId } from '../../../core/stream'
import type { PreparedAppend } from './encoded-append'

/** An event that was stored. */
export interface StoredRow {
  readonly stream_id: string
  readonly version: number
  readonly position: number | null
  readonly recorded_at: number
}

/** A row of the append function: see migrations/0001_events.sql. */
export interface AnswerRow extends StoredRow {
  /** 0 appended, 1 conflict, 2 handled before. */
  readonly outcome: number
  readonly command_id: string | null
  readonly event_count: number | null
}

export type AppendAnswer = E.Either<AppendError, Appended>

export const noAnswer: AppendAnswer = E.left(
  storeFailed('Unexpected', 'unknown', undefined, 'the append gave no answer'),
)

/** @param rows - in any order. A row without a position is of an append without events. */
export const stored = (rows: ReadonlyArray<StoredRow>, recordedAt: number): AppendAnswer => {
  let version = 0
  const positions: number[] = []
  for (const row of rows) {
    if (row.version > version) version = row.version
    if (row.position !== null) positions.push(row.position)
  }
  if (positions.length > 1) positions.sort((left, right) => left - right)
  return E.right({ version, positions, recordedAt })
}

export const answerTo = (
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

/** Rows by their streams. */
export const byStream = <Row extends StoredRow>(
  rows: ReadonlyArray<Row>,
): ReadonlyMap<StreamId, ReadonlyArray<Row>> => {
  const streams = new Map<StreamId, Row[]>()
  for (const row of rows) {
    const known = streams.get(row.stream_id)
    if (known === undefined) streams.set(row.stream_id, [row])
    else known.push(row)
  }
  return streams
}

/** An answer to each append, if each of them has given one row, in their order: the usual case. */
export const oneRowEach = (
  appends: ReadonlyArray<PreparedAppend>,
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
