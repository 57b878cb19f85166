import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { hasPersonalEvents } from '../core/codec/personal-events'
import type { StreamSummary } from '../core/ports/event-store'
import { categoryOf, MAXIMUM_VERSION, type StreamId } from '../core/stream'
import { httpProblem, type Problem } from '../http/problem'
import type {
  CategoriesAnswer,
  CorrelationAnswer,
  EventRow,
  EventsAnswer,
  StateAnswer,
  StreamAnswer,
  StreamsAnswer,
  TailAnswer,
} from './answers'
import { commandTemplates } from './command-templates'
import { type Environment, type LibraryError, problemOfError } from './environment'
import {
  limitIn,
  positionIn,
  requiredIn,
  revealsIn,
  streamIn,
  textIn,
  versionIn,
} from './parameters'
import { isUnknown } from './states'
import { shownEvent, shownState, type Showing } from './shown-events'
import { catching } from '../shell/catching'

/** Answers a request for one thing that can be read. */
export type Route = (
  environment: Environment,
  parameters: URLSearchParams,
) => TE.TaskEither<Problem, unknown>

const MOST_CATEGORIES = 200
/** Events of one correlation that are shown. */
const MOST_CORRELATED = 1_000
/** Pages in which they are looked for: each is a query. */
const MOST_PAGES = 50

const showing = (
  { mask }: Pick<Environment, 'mask'>,
  parameters: URLSearchParams,
  isAlone = false,
): Showing => ({ mask: revealsIn(parameters) ? undefined : mask, isAlone })

/** A page of the streams: of one category, or whose ids begin with a text. */
export const streams: Route = (environment, parameters): TE.TaskEither<Problem, StreamsAnswer> =>
  pipe(
    TE.Do,
    TE.bind('limit', () => TE.fromEither(limitIn(parameters))),
    TE.bind('prefix', () => TE.fromEither(textIn(parameters, 'prefix'))),
    TE.bind('category', () => TE.fromEither(textIn(parameters, 'category'))),
    TE.bind('after', () => TE.fromEither(textIn(parameters, 'after'))),
    TE.flatMap(({ limit, prefix = '', category, after = '' }) =>
      pipe(
        environment.backend.store.streams({
          after,
          limit: limit + 1,
          prefix,
          ...(category === undefined ? {} : { category }),
        }),
        TE.mapLeft(problemOfError(environment)),
        TE.map((found) => {
          const shown = found.slice(0, limit)
          const next = found.length > limit ? shown.at(-1)?.streamId : undefined
          return { streams: shown, ...(next === undefined ? {} : { next }) }
        }),
      ),
    ),
  )

/** The names of the categories that have streams: from each to the next one, so that it takes a query for each. */
export const categories: Route =
  (environment): TE.TaskEither<Problem, CategoriesAnswer> =>
  async () => {
    const names: string[] = []
    let after = ''
    while (names.length < MOST_CATEGORIES) {
      const page = await environment.backend.store.streams({ after, limit: 1 })()
      if (E.isLeft(page)) return E.left(problemOfError(environment)(page.left))
      const [first]: ReadonlyArray<StreamSummary> = page.right
      if (first === undefined) return E.right({ categories: names, more: false })
      const name = categoryOf(first.streamId)
      names.push(name)
      after = `${name}.` // '.' follows '-': after all streams of the category
    }
    return E.right({ categories: names, more: true })
  }

/** What of a stream is there, and whether it takes more. */
const standingOf = (
  { backend: { store, operator } }: Environment,
  streamId: StreamId,
): TE.TaskEither<LibraryError, Pick<StreamAnswer, 'version' | 'first' | 'standing'>> =>
  pipe(
    TE.Do,
    TE.bindW('version', () => store.version(streamId)),
    TE.bindW('oldest', () => store.read(streamId, { after: 0, limit: 1 })),
    TE.bindW('closed', () => operator.closedStreams({ after: 0, limit: 1, streamId })),
    TE.bindW('listed', () => store.streams({ after: '', limit: 1, prefix: streamId })),
    TE.map(({ version, oldest, closed, listed }) => ({
      version,
      first: oldest.events[0]?.version ?? 0,
      standing:
        closed.streams.length > 0
          ? 'closed'
          : version === 0 || listed[0]?.streamId === streamId
            ? 'open'
            : 'archived',
    })),
  )

/** What a stream is, and the commands that it understands. */
export const stream: Route = (environment, parameters): TE.TaskEither<Problem, StreamAnswer> =>
  pipe(
    TE.fromEither(streamIn(parameters)),
    TE.flatMap((streamId) =>
      pipe(
        standingOf(environment, streamId),
        TE.mapLeft(problemOfError(environment)),
        TE.map((standing) => {
          const name = categoryOf(streamId)
          const category = environment.categories.find((one) => one.name === name)
          const commands = category && catching(() => commandTemplates(category.commands.shape))
          return {
            streamId,
            ...standing,
            category: name,
            ...(category !== undefined && hasPersonalEvents(category.events)
              ? { sealed: true as const }
              : {}),
            ...(commands === undefined
              ? {}
              : { commands: E.isRight(commands) ? commands.right : [] }),
          }
        }),
      ),
    ),
  )

/** A page of the events of a stream, newest first, below a version. */
export const events: Route = (environment, parameters): TE.TaskEither<Problem, EventsAnswer> =>
  pipe(
    TE.Do,
    TE.bind('streamId', () => TE.fromEither(streamIn(parameters))),
    TE.bind('limit', () => TE.fromEither(limitIn(parameters))),
    TE.bind('before', () => TE.fromEither(versionIn(parameters, 'before', MAXIMUM_VERSION))),
    TE.flatMap(({ streamId, limit, before }) =>
      pipe(
        environment.backend.store.readBackwards(streamId, { before, limit }),
        TE.mapLeft(problemOfError(environment)),
        TE.map(({ events: page, more }) => ({
          events: page.map((one) => shownEvent(environment, showing(environment, parameters), one)),
          more,
        })),
      ),
    ),
  )

const noEvent = httpProblem(404, 'not-found', 'The stream has no event with this version.')

/** One event, with all of its data. */
export const event: Route = (environment, parameters): TE.TaskEither<Problem, EventRow> =>
  pipe(
    TE.Do,
    TE.bind('streamId', () => TE.fromEither(streamIn(parameters))),
    TE.bind('version', () => TE.fromEither(versionIn(parameters, 'version', 0))),
    TE.flatMap(({ streamId, version }) =>
      pipe(
        environment.backend.store.read(streamId, {
          after: Math.max(0, version - 1),
          upTo: version,
          limit: 1,
        }),
        TE.mapLeft(problemOfError(environment)),
      ),
    ),
    TE.flatMapEither(({ events: [found] }) =>
      found === undefined
        ? E.left(noEvent)
        : E.right(shownEvent(environment, showing(environment, parameters, true), found)),
    ),
  )

/** The state of a stream at a version, by the application's own decider, and what the last event has changed. */
export const state: Route = (environment, parameters): TE.TaskEither<Problem, StateAnswer> =>
  pipe(
    TE.Do,
    TE.bind('streamId', () => TE.fromEither(streamIn(parameters))),
    TE.bind('version', () => TE.fromEither(versionIn(parameters, 'version', 0))),
    TE.flatMap(({ streamId, version }): TE.TaskEither<Problem, StateAnswer> => {
      const category = environment.categories.find(({ name }) => name === categoryOf(streamId))
      if (category === undefined) return TE.right({ version, state: { _tag: 'NoDecider' } })
      const { mask } = showing(environment, parameters)
      return async () => {
        const found = await environment.states(category, streamId, version)()
        if (E.isRight(found)) return E.right({ version, state: shownState(mask, found.right) })
        const { left: error } = found
        return isUnknown(error)
          ? E.right({ version, state: { _tag: 'Unknown', reason: error.message } })
          : E.left(problemOfError(environment)(error))
      }
    }),
  )

/** Everything that one request has caused, in the order in which it was stored. */
export const correlation: Route =
  (environment, parameters): TE.TaskEither<Problem, CorrelationAnswer> =>
  async () => {
    const id = requiredIn(parameters, 'id')
    if (E.isLeft(id)) return id
    const found: EventRow[] = []
    let after = 0
    for (let page = 0; page < MOST_PAGES && found.length < MOST_CORRELATED; page++) {
      const range = { after, limit: MOST_CORRELATED, correlationId: id.right }
      const read = await environment.backend.store.readAll(range)()
      if (E.isLeft(read)) return E.left(problemOfError(environment)(read.left))
      const shown = showing(environment, parameters)
      found.push(...read.right.events.map((one) => shownEvent(environment, shown, one)))
      after = read.right.upTo
      if (!read.right.more) return E.right({ events: found, more: false })
    }
    return E.right({ events: found.slice(0, MOST_CORRELATED), more: true })
  }

/** How far back the first request for what is new looks, in positions. */
const LOOK_BACK = 200

/** What was stored after a position; without one, the last that is there. */
export const tail: Route = (environment, parameters): TE.TaskEither<Problem, TailAnswer> =>
  pipe(
    TE.Do,
    TE.bind('limit', () => TE.fromEither(limitIn(parameters))),
    TE.bind('category', () => TE.fromEither(textIn(parameters, 'category'))),
    TE.bind('after', () =>
      parameters.has('after')
        ? TE.fromEither(positionIn(parameters, 'after'))
        : pipe(
            environment.backend.operator.horizon(),
            TE.mapLeft(problemOfError(environment)),
            TE.map(({ horizon }) => Math.max(0, horizon - LOOK_BACK)),
          ),
    ),
    TE.flatMap(({ limit, category, after }) =>
      pipe(
        environment.backend.store.readAll({
          after,
          limit,
          ...(category === undefined ? {} : { categories: [category] }),
        }),
        TE.mapLeft(problemOfError(environment)),
      ),
    ),
    TE.map(({ events: page, upTo }) => ({
      events: page.map((one) => shownEvent(environment, showing(environment, parameters), one)),
      upTo,
    })),
  )
