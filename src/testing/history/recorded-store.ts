import * as E from 'fp-ts/Either'
import type { AppendError, ReadPageError } from '../../core/errors/unions'
import type { EventStore } from '../../core/ports/event-store'
import type { Answer } from './entries'
import { appendQuestion, type HistoryRecorder, seenEvent } from './recorder'

export interface Failure {
  readonly _tag: string
  readonly message: string
  readonly outcome?: 'nothingWritten' | 'unknown'
}

/** What a client is told when a call fails. */
export const refused = (failure: Failure): Answer => ({
  _tag: failure.outcome === 'unknown' ? 'Unknown' : 'Refused',
  reason: failure._tag,
})

/** What the client of an append is told when it fails. */
export const refusedAppend = (failure: AppendError): Answer => {
  switch (failure._tag) {
    case 'VersionConflict':
      return { _tag: 'Refused', reason: failure._tag, version: failure.actual }
    case 'CommandAlreadyHandled': {
      const { commandId, after, eventCount } = failure
      return { _tag: 'Refused', reason: failure._tag, handled: { commandId, after, eventCount } }
    }
    case 'InvalidStreamId':
    case 'StreamErased':
    case 'StreamClosed':
    case 'InvalidAppend':
    case 'UnencodableEvent':
    case 'LimitExceeded':
    case 'ProjectionFailed':
    case 'Overloaded':
    case 'StoreFailed':
      return refused(failure)
  }
}

const reading =
  <Result>(answer: (result: Result) => Answer) =>
  (outcome: E.Either<ReadPageError, Result>): Answer =>
    E.isLeft(outcome) ? { _tag: 'Refused', reason: outcome.left._tag } : answer(outcome.right)

/**
 * The store, and a history of what `client` asks of it.
 *
 * @example
 * const store = recordedStore(recorder, 'client 1', backend.store)
 */
export const recordedStore = (
  recorder: HistoryRecorder,
  client: string,
  store: EventStore,
): EventStore => ({
  ...store,
  append: (request) =>
    recorder.calling(client, appendQuestion(request), store.append(request), (outcome) =>
      E.isLeft(outcome)
        ? refusedAppend(outcome.left)
        : {
            _tag: 'Appended',
            version: outcome.right.version,
            positions: outcome.right.positions,
          },
    ),
  load: (request) => {
    const { streamId, after, limit, commandId } = request
    const command = commandId === undefined ? {} : { commandId }
    return recorder.calling(
      client,
      { _tag: 'Load', streamId, after, limit, ...command },
      store.load(request),
      reading(({ version, snapshot, events, more, handled }) => ({
        _tag: 'Page',
        version,
        after: snapshot?.version ?? after,
        events: events.map(seenEvent),
        more,
        ...(handled === undefined ? {} : { handled: { ...handled } }),
      })),
    )
  },
  read: (streamId, range) =>
    range.tags === undefined
      ? recorder.calling(
          client,
          { _tag: 'Read', streamId, ...range },
          store.read(streamId, range),
          reading(({ events, more }) => ({
            _tag: 'Page',
            after: range.after,
            events: events.map(seenEvent),
            more,
          })),
        )
      : store.read(streamId, range), // a page with gaps, which a history cannot judge
  readBackwards: (streamId, range) =>
    range.tags === undefined
      ? recorder.calling(
          client,
          { _tag: 'ReadBackwards', streamId, ...range },
          store.readBackwards(streamId, range),
          reading(({ events, more }) => ({
            _tag: 'Page',
            after: (events.at(-1)?.version ?? 1) - 1,
            events: events.map(seenEvent),
            more,
          })),
        )
      : store.readBackwards(streamId, range),
  version: (streamId) =>
    recorder.calling(
      client,
      { _tag: 'State', streamId, cached: false },
      store.version(streamId),
      reading((version) => ({ _tag: 'StateFound', version })),
    ),
  readAll: (range) =>
    recorder.calling(
      client,
      { _tag: 'ReadAll', ...range },
      store.readAll(range),
      reading(({ events, upTo, more }) => ({
        _tag: 'StorePage',
        events: events.map(seenEvent),
        upTo,
        more,
      })),
    ),
})
