import * as E from 'fp-ts/Either'
import type { Appended } from '../../core/append'
import { versionConflict } from '../../core/errors/conflict'
import { versionFits } from '../../core/expected-version'
import type { StreamId } from '../../core/stream'
import { answerAgain } from './replay-answer'
import { baseFromStore, baseInMemory } from './base-state'
import { decideBatch, type Decided, handledBy, requestFor } from './decide-batch'
import type { Current } from '../state/replay'
import { refused } from './append-refused'
import { settle } from './answer-unappended'
import type { Handling, Round, Waiting } from './pending-command'

/** Answers the commands of a batch that was stored at the version it was decided on. */
const answerStored = <Command, State, Event, Rejection>(
  { states, snapshots }: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  batch: ReadonlyArray<Decided<Command, State, Event, Rejection>>,
  { base, appended }: { readonly base: Current<State>; readonly appended: Appended },
): void => {
  let last = base
  let skip = 0
  for (const decided of batch) {
    const handled = handledBy(streamId, decided, { before: base.version, skip, appended })
    if (handled === undefined) continue
    skip += decided.events.length
    last = handled
    decided.waiting.answer(E.right(handled))
  }
  states.set(streamId, { current: { state: last.state, version: last.version }, outdated: false })
  snapshots.consider(streamId, { from: base.version, to: last.version, state: last.state })
}

/**
 * Answers a command that was stored wherever the stream was (`any`, `mustExist`): events of others may
 * lie between the state it was decided on and its own.
 */
const answerElsewhere = async <Command, State, Event, Rejection>(
  { category, surroundings, states }: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  batch: ReadonlyArray<Decided<Command, State, Event, Rejection>>,
  appended: Appended,
): Promise<void> => {
  states.forget(streamId)
  const [decided] = batch
  if (decided === undefined) return
  const eventCount = decided.events.length
  const after = appended.version - eventCount
  decided.waiting.answer(
    await answerAgain<State, Event>(category, surroundings, streamId, { after, eventCount }),
  )
}

/** Decides a batch on a state, appends in one go, answers. */
const carryOut = async <Command, State, Event, Rejection>(
  handling: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  batch: ReadonlyArray<Waiting<Command, State, Event, Rejection>>,
  { base, fresh }: { readonly base: Current<State>; readonly fresh: boolean },
): Promise<ReadonlyArray<Waiting<Command, State, Event, Rejection>>> => {
  const decided = decideBatch(handling, streamId, base, batch)
  const request = requestFor(streamId, base, decided)
  if (request === undefined) return settle(decided, { fresh, confirmed: false })
  const result = await handling.surroundings.store.append(request)()
  if (E.isLeft(result)) {
    return refused(handling, request, { base, error: result.left }, batch)
  }
  const appended = result.right
  if (appended.version - request.events.length === base.version) {
    answerStored(handling, streamId, decided, { base, appended })
  } else {
    await answerElsewhere(handling, streamId, decided, appended)
  }
  return settle(decided, { fresh, confirmed: true })
}

/** The same on what the store says now, unless that is an answer to the first command already. */
const carryOutAfresh = async <Command, State, Event, Rejection>(
  handling: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  batch: ReadonlyArray<Waiting<Command, State, Event, Rejection>>,
  first: Waiting<Command, State, Event, Rejection>,
): Promise<ReadonlyArray<Waiting<Command, State, Event, Rejection>>> => {
  const { category, surroundings } = handling
  const found = await baseFromStore(handling, streamId, first)
  if (E.isLeft(found)) {
    for (const { answer } of batch) answer(found)
    return []
  }
  const { current: base, handled } = found.right
  if (handled !== undefined) {
    first.answer(await answerAgain(category, surroundings, streamId, handled))
    return batch.slice(1)
  }
  const { expectedVersion } = first.options
  if (expectedVersion !== undefined && !versionFits(expectedVersion, base.version)) {
    first.answer(E.left(versionConflict(streamId, expectedVersion, base.version)))
    return batch.slice(1)
  }
  return carryOut(handling, streamId, batch, { base, fresh: true })
}

/**
 * One round for some commands of one stream: look, decide all of them one after another, append what
 * was decided in one go, answer. When another process wrote first nothing of it is stored, and all of
 * it is decided again: a later event never lands after an earlier one was lost.
 */
export const rounds =
  <Command, State, Event, Rejection>(
    handling: Handling<Command, State, Event, Rejection>,
  ): Round<Command, State, Event, Rejection> =>
  (streamId, batch) => {
    const first = batch[0]
    if (first === undefined) return Promise.resolve([])
    const base = baseInMemory(handling, streamId, first)
    return base === undefined
      ? carryOutAfresh(handling, streamId, batch, first)
      : carryOut(handling, streamId, batch, { base, fresh: false })
  }
