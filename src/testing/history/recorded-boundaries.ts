import * as E from 'fp-ts/Either'
import type { AppendRequest } from '../../core/append'
import type { AppendedTogether, AppendTogetherRequest } from '../../core/append-together'
import type { AppendTogetherError } from '../../core/errors/unions'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { Answer, Question } from './entries'
import { refused, refusedAppend } from './recorded-store'
import { appendQuestion, type HistoryRecorder, seenEvent } from './recorder'

/** Known by its first event, so that a history that is made again is the same one. */
const unitOf = ({ streams }: AppendTogetherRequest): string | undefined =>
  streams.find(({ events }) => events.length > 0)?.events[0]?.id

const answerFor = (
  outcome: E.Either<AppendTogetherError, AppendedTogether>,
  { streamId }: AppendRequest,
  index: number,
): Answer => {
  if (E.isRight(outcome)) {
    const appended = outcome.right.streams[index]
    return appended === undefined
      ? { _tag: 'Unknown', reason: 'no answer for this stream' }
      : { _tag: 'Appended', version: appended.version, positions: appended.positions }
  }
  const error = outcome.left
  if (error._tag === 'VersionConflicts') {
    const conflict = error.streams.find((one) => one.streamId === streamId)
    const version = conflict === undefined ? {} : { version: conflict.actual }
    return { _tag: 'Refused', reason: error._tag, ...version }
  }
  return error._tag === 'BoundaryConflict' ||
    (error._tag === 'CommandAlreadyHandled' && error.streamId !== streamId)
    ? { _tag: 'Refused', reason: error._tag }
    : refusedAppend(error)
}

/** A task that another one finishes. */
const pending = <Outcome>() => {
  let finish: (outcome: Outcome) => void = () => undefined
  const outcome = new Promise<Outcome>((resolve) => {
    finish = resolve
  })
  return { finish, task: () => outcome }
}

type Outcome = E.Either<AppendTogetherError, AppendedTogether>

/**
 * What matches queries, and appends to several streams, with a history of both: of each stream an append, and all of them
 * one unit.
 *
 * @example
 * const boundaries = recordedBoundaries(recorder, 'client 1', backend.store)
 */
export const recordedBoundaries = (
  recorder: HistoryRecorder,
  client: string,
  store: BoundaryStore,
): BoundaryStore => {
  const recorded = (
    request: AppendTogetherRequest,
    append: () => Promise<Outcome>,
  ): (() => Promise<Outcome>) => {
    const unit = unitOf(request)
    const { condition } = request
    const asked = (one: AppendRequest): Question => ({
      ...appendQuestion(one),
      ...(unit === undefined ? {} : { unit }),
      ...(condition === undefined ? {} : { condition }),
    })
    return request.streams.reduce(
      (call, one, index) =>
        recorder.calling(client, asked(one), call, (outcome) => answerFor(outcome, one, index)),
      append,
    )
  }
  const reading =
    (readMatching: BoundaryStore['readMatching']): BoundaryStore['readMatching'] =>
    (query, range) =>
      recorder.calling(
        client,
        { _tag: 'ReadMatching', query, ...range },
        readMatching(query, range),
        (outcome) =>
          E.isLeft(outcome)
            ? refused(outcome.left)
            : {
                _tag: 'MatchingPage',
                events: outcome.right.events.map(seenEvent),
                sight: outcome.right.sight,
                more: outcome.right.more,
              },
      )
  return {
    readMatching: reading(store.readMatching),
    appendTogether: (request) => recorded(request, store.appendTogether(request)),
    // What is appended is known when it has been decided; how that ends, when the transaction does.
    appendLocked: (likely, decide) => async () => {
      const { finish, task } = pending<Outcome>()
      let entries: Promise<Outcome> | undefined
      const outcome = await store.appendLocked(likely, (readMatching) => async () => {
        const decided = await decide(reading(readMatching))()
        if (E.isRight(decided)) entries = recorded(decided.right, task)()
        return decided
      })()
      finish(outcome as Outcome) // whoever has decided to append has not failed
      await entries
      return outcome
    },
  }
}
