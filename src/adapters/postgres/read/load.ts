import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { EventStore, LoadRequest } from '../../../core/ports/event-store'
import type { StoredEvent } from '../../../core/recorded-event'
import { streamIdError } from '../../../core/stream'
import { toStoreFailed } from '../connection/errors'
import { grouped, type Grouping } from '../connection/grouped'
import { type Executor, fetchRows } from '../connection/query'
import {
  answersTo,
  answerTo,
  asksForEventsOnly,
  eventsAnswer,
  fromStartAnswer,
  type LoadAnswer,
  loadEventsParameters,
  loadFromStartParameters,
  loadManyParameters,
  loadOneParameters,
  type LoadRow,
  type LoadStatements,
  loadStatements,
} from './load-statements'

/** A load on its own. */
const loadAlone = async (
  db: Executor,
  statements: LoadStatements,
  request: LoadRequest,
): Promise<LoadAnswer> => {
  if (asksForEventsOnly(request)) {
    if (request.after === 0) {
      const parameters = loadFromStartParameters(request)
      const events = await fetchRows<StoredEvent>(db, statements.loadFromStart, parameters)
      return fromStartAnswer(request, events)
    }
    const parameters = loadEventsParameters(request)
    return eventsAnswer(
      request,
      await fetchRows<StoredEvent>(db, statements.loadEvents, parameters),
    )
  }
  const rows = await fetchRows<LoadRow>(db, statements.loadOne, loadOneParameters(request))
  return answerTo(request, rows)
}

const loadTogether =
  (db: Executor, statements: LoadStatements) =>
  async (requests: ReadonlyArray<LoadRequest>): Promise<ReadonlyArray<LoadAnswer>> => {
    const [only, ...others] = requests
    try {
      if (only !== undefined && others.length === 0) return [await loadAlone(db, statements, only)]
      const parameters = loadManyParameters(requests)
      return answersTo(requests, await fetchRows<LoadRow>(db, statements.loadMany, parameters))
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
  return (db: Executor): EventStore['load'] => {
    const loadGrouped = grouped(loadTogether(db, statements), grouping)
    return (request) => {
      const invalid = streamIdError(request.streamId)
      return invalid === undefined ? () => loadGrouped({ ...request }) : TE.left(invalid)
    }
  }
}
