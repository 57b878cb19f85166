import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { ReadArchived } from '../../../archive/archived-events'
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
import { type StreamId, streamIdError, type StreamVersion } from '../../../core/stream'
import { toStoreFailed } from '../connection/errors'
import { grouped, type Grouping } from '../connection/grouped'
import { type Executor, fetchRows } from '../connection/query'
import { ENDED_VERSION } from '../schema/names'
import { type ArchiveReads, archiveReadsIn, isInArchive } from './archive'
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
  type InArchive,
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
): FoundAnswer => {
  const version = events[limit]?.position ?? events.at(-1)?.version ?? 0
  return E.map((found: StreamPage) => ({ version: versionAmong(version, events), ...found }))(
    toPage(limit, events),
  )
}

/** Whether it looks for all events of a stream, and for nothing else. */
const isFromStart = ({ after, snapshotSchema, commandId }: LoadRequest): boolean =>
  after === 0 && snapshotSchema === undefined && withoutNul(commandId) === null

interface LoadParts {
  readonly db: Executor
  readonly statements: LoadStatements
  readonly archive: ArchiveReads
}

const NO_ANSWER: FoundAnswer = E.right({ version: 0, events: [], more: false })

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
/** What the statements say: the events may be in the archive. */
type FoundAnswer = E.Either<ReadError | InArchive, Loaded>

const snapshotOf = (
  { version, data }: SnapshotRow,
  { streamId, snapshotSchema = 0 }: LoadRequest,
): StoredSnapshot => ({ streamId, version, schemaVersion: snapshotSchema, state: data })

/** What was found for one request. */
const answerTo = (request: LoadRequest, rows: ReadonlyArray<LoadRow> = []): FoundAnswer => {
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
): ReadonlyArray<FoundAnswer> => {
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
): Promise<FoundAnswer> => {
  if (isFromStart(request)) {
    const parameters = loadFromStartParameters(request)
    const events = await fetchRows<StoredEvent>(db, statements.loadFromStart, parameters)
    // A truncated stream begins at another version, which that statement does not expect.
    const [first] = events
    if (first === undefined || first.version === 1 || isMark(first)) {
      return fromStartAnswer(request, events)
    }
  }
  const rows = await fetchRows<LoadRow>(db, statements.loadOne, loadOneParameters(request))
  return answerTo(request, rows)
}

const isLongAndClosed = (answer: FoundAnswer | undefined): boolean =>
  answer !== undefined && E.isRight(answer) && answer.right.version === ENDED_VERSION

/** Whether the statements have not said everything about a stream: it is closed and long, or in the archive. */
const isIncomplete = (answer: FoundAnswer): boolean =>
  E.isLeft(answer) ? isInArchive(answer.left) : answer.right.version === ENDED_VERSION

/** The versions of closed streams with more events than were asked for. They do not change any more. */
const versionsOf = async (
  db: Executor,
  { closedVersions }: LoadStatements,
  streams: ReadonlyArray<StreamId>,
): Promise<ReadonlyMap<StreamId, StreamVersion>> => {
  if (streams.length === 0) return new Map()
  const rows = await fetchRows<{ readonly stream_id: string; readonly version: number }>(
    db,
    closedVersions,
    [streams],
  )
  return new Map(rows.map(({ stream_id, version }) => [stream_id, version]))
}

const areComplete = (answers: ReadonlyArray<FoundAnswer>): answers is ReadonlyArray<LoadAnswer> =>
  !answers.some(isIncomplete)

/** Asks for the rest. */
const completed = async (
  { db, statements, archive }: LoadParts,
  requests: ReadonlyArray<LoadRequest>,
  answers: ReadonlyArray<FoundAnswer>,
): Promise<ReadonlyArray<LoadAnswer>> => {
  const long = requests.flatMap(({ streamId }, index) =>
    isLongAndClosed(answers[index]) ? [streamId] : [],
  )
  const versions = await versionsOf(db, statements, long)
  return Promise.all(
    requests.map(async (request, index): Promise<LoadAnswer> => {
      const answer = answers[index] ?? NO_ANSWER
      // Erased or archived in between.
      const version = isLongAndClosed(answer) ? versions.get(request.streamId) : 0
      if (E.isRight(answer) && version !== undefined) {
        return version === 0 ? answer : E.right({ ...answer.right, version })
      }
      return E.isLeft(answer) && !isInArchive(answer.left)
        ? E.left(answer.left)
        : archive.load(request)()
    }),
  )
}

const loadTogether =
  (parts: LoadParts) =>
  async (requests: ReadonlyArray<LoadRequest>): Promise<ReadonlyArray<LoadAnswer>> => {
    const { db, statements } = parts
    const [only, ...others] = requests
    try {
      const answers =
        only !== undefined && others.length === 0
          ? [await loadAlone(db, statements, only)]
          : answersTo(
              requests,
              await fetchRows<LoadRow>(db, statements.loadMany, loadManyParameters(requests)),
            )
      return areComplete(answers) ? answers : await completed(parts, requests, answers)
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
  const [statements, archiveReads] = [loadStatements(schema), archiveReadsIn(schema)]
  return (db: Executor, readArchived: ReadArchived): StreamStore['load'] => {
    const parts = { db, statements, archive: archiveReads(db, readArchived) }
    const loadGrouped = grouped(loadTogether(parts), grouping)
    return (request) => {
      const invalid = streamIdError(request.streamId)
      return invalid === undefined ? () => loadGrouped({ ...request }) : TE.left(invalid)
    }
  }
}
