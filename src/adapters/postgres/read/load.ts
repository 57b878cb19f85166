import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { streamErased } from '../../../core/errors/erased'
import type { ReadError } from '../../../core/errors/unions'
import type { Json } from '../../../core/json'
import type {
  CommandRecord,
  StreamStore,
  Loaded,
  LoadRequest,
  StoredSnapshot,
} from '../../../core/ports/event-store'
import type { StoredEvent } from '../../../core/recorded-event'
import { type StreamVersion, streamIdError } from '../../../core/stream'
import { toStoreFailed } from '../connection/errors'
import { grouped, type Grouping } from '../connection/grouped'
import { type Executor, fetchRows } from '../connection/query'
import { ENDED_VERSION } from '../schema/names'
import {
  loadFromStartParameters,
  loadManyParameters,
  loadOneParameters,
  type LoadStatements,
  loadStatements,
  withoutNul,
} from './load-statements'
import {
  type EventRow,
  handledCommand,
  isMark,
  type StreamPage,
  toPage,
  toStoredEvent,
} from './stored-events'

/**
 * The version of a stream. That of a closed one is ENDED_VERSION to the statements: what stands for it knows better, if it is
 * among the rows.
 */
const versionAmong = (version: StreamVersion, found: ReadonlyArray<StoredEvent>): StreamVersion => {
  if (version !== ENDED_VERSION) return version
  const last = found.at(-1)
  const closed = last !== undefined && isMark(last) ? last.data['version'] : undefined
  return typeof closed === 'number' ? closed : version
}

/** What was found for one request for all events. */
const fromStartAnswer = (
  { limit }: LoadRequest,
  events: ReadonlyArray<StoredEvent>,
): LoadAnswer => {
  const version = events[limit]?.position ?? events.at(-1)?.version ?? 0
  return E.map((found: StreamPage) => ({ version: versionAmong(version, events), ...found }))(
    toPage(limit, events),
  )
}

/** Whether it looks for all events of a stream, and for nothing else. */
const isFromStart = ({ after, snapshotSchema, commandId }: LoadRequest): boolean =>
  after === 0 && snapshotSchema === undefined && withoutNul(commandId) === null

interface Row {
  /** Which of the requests it is for, from 1. Left out when there is only one. */
  readonly place?: number
}
interface VersionRow extends Row {
  readonly kind: 'v'
  readonly version: number
}
interface SnapshotRow extends Row {
  readonly kind: 's'
  readonly version: number
  readonly data: Json
}
interface CommandRow extends Row {
  readonly kind: 'c'
  readonly version: number
  readonly schema_version: number
  readonly type: string | null
}
interface LoadedEventRow extends Row, EventRow {
  readonly kind: 'e'
}
type LoadRow = VersionRow | SnapshotRow | CommandRow | LoadedEventRow

type LoadAnswer = E.Either<ReadError, Loaded>

const snapshotOf = (
  { version, data }: SnapshotRow,
  { streamId, snapshotSchema = 0 }: LoadRequest,
): StoredSnapshot => ({ streamId, version, schemaVersion: snapshotSchema, state: data })

/** What was found for one request. */
const answerTo = (request: LoadRequest, rows: ReadonlyArray<LoadRow> = []): LoadAnswer => {
  let version = 0
  let snapshot: StoredSnapshot | undefined
  let handled: CommandRecord | undefined
  const events: StoredEvent[] = []
  for (const row of rows) {
    switch (row.kind) {
      case 'v':
        version = row.version
        break
      case 's':
        snapshot = snapshotOf(row, request)
        break
      case 'c':
        handled = handledCommand(row.version, row.schema_version, row.type)
        break
      case 'e':
        events.push(toStoredEvent(request.streamId, row))
        break
    }
  }
  return E.map((found: StreamPage) => ({
    version: versionAmong(version, events),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(handled === undefined ? {} : { handled }),
    ...found,
  }))(toPage(request.limit, events))
}

/** What was found for each request. */
const answersTo = (
  requests: ReadonlyArray<LoadRequest>,
  rows: ReadonlyArray<LoadRow>,
): ReadonlyArray<LoadAnswer> => {
  const byPlace = new Map<number, LoadRow[]>()
  for (const row of rows) {
    const { place = 1 } = row
    const known = byPlace.get(place)
    if (known === undefined) byPlace.set(place, [row])
    else known.push(row)
  }
  return requests.map((request, index) => answerTo(request, byPlace.get(index + 1)))
}

/** A load on its own. */
const loadAlone = async (
  db: Executor,
  statements: LoadStatements,
  request: LoadRequest,
): Promise<LoadAnswer> => {
  if (isFromStart(request)) {
    const parameters = loadFromStartParameters(request)
    const events = await fetchRows<StoredEvent>(db, statements.loadFromStart, parameters)
    return fromStartAnswer(request, events)
  }
  const rows = await fetchRows<LoadRow>(db, statements.loadOne, loadOneParameters(request))
  return answerTo(request, rows)
}

const isLongAndClosed = (answer: LoadAnswer | undefined): boolean =>
  answer !== undefined && E.isRight(answer) && answer.right.version === ENDED_VERSION

/** A closed stream with more events than were asked for: its version is looked up. It does not change any more. */
const withVersions = async (
  db: Executor,
  { closedVersions }: LoadStatements,
  requests: ReadonlyArray<LoadRequest>,
  answers: ReadonlyArray<LoadAnswer>,
): Promise<ReadonlyArray<LoadAnswer>> => {
  const streams = requests.map(({ streamId }) => streamId)
  const rows = await fetchRows<{ readonly stream_id: string; readonly version: number }>(
    db,
    closedVersions,
    [streams.filter((_, index) => isLongAndClosed(answers[index]))],
  )
  const versions = new Map(rows.map(({ stream_id, version }) => [stream_id, version]))
  return answers.map((answer, index) => {
    if (E.isLeft(answer) || !isLongAndClosed(answer)) return answer
    const streamId = streams[index] ?? ''
    const version = versions.get(streamId)
    return version === undefined
      ? E.left(streamErased(streamId)) // in between
      : E.right({ ...answer.right, version })
  })
}

const loadTogether =
  (db: Executor, statements: LoadStatements) =>
  async (requests: ReadonlyArray<LoadRequest>): Promise<ReadonlyArray<LoadAnswer>> => {
    const [only, ...others] = requests
    try {
      const answers =
        only !== undefined && others.length === 0
          ? [await loadAlone(db, statements, only)]
          : answersTo(
              requests,
              await fetchRows<LoadRow>(db, statements.loadMany, loadManyParameters(requests)),
            )
      return answers.some((answer) => isLongAndClosed(answer))
        ? await withVersions(db, statements, requests, answers)
        : answers
    } catch (error) {
      const failed: LoadAnswer = E.left(toStoreFailed('none')(error))
      return requests.map(() => failed)
    }
  }

const grouping: Grouping<LoadRequest, LoadAnswer> = {
  name: 'loads',
  depth: 20_000,
  statements: 4,
  slow: 10,
  size: 64,
  sizeOf: () => 1,
  // A request is small, however much it loads.
  weight: 64,
  queueWeight: 20_000,
  weightOf: () => 1,
  failed: (cause) => E.left(toStoreFailed('none')(cause)),
  keyOf: ({ streamId, after, commandId }) => `${streamId}\n${after}\n${commandId ?? ''}`,
}

/** Snapshot, later events and command mark in one statement, which loads that arrive meanwhile share. */
export const loadFrom = (schema: string) => {
  const statements = loadStatements(schema)
  return (db: Executor): StreamStore['load'] => {
    const loadGrouped = grouped(loadTogether(db, statements), grouping)
    return (request) => {
      const invalid = streamIdError(request.streamId)
      return invalid === undefined ? () => loadGrouped({ ...request }) : TE.left(invalid)
    }
  }
}
