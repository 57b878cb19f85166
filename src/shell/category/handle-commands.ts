import * as E from 'fp-ts/Either'
import type { Appended, AppendRequest } from '../../core/append'
import type { Category } from '../../core/category'
import { versionConflict } from '../../core/errors/conflict'
import type { AppendError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import type { NewEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import { loadState } from '../state/load-state'
import type { Current } from '../state/replay'
import type { BackgroundSnapshots } from '../state/snapshots'
import type { StateCache } from '../state/state-cache'
import { appendRequest, isAppended, newEvents, recordedEvents } from './append-request'
import type { Handled } from './command-options'
import { decideOn, type DecideError, type Decision } from './decide'
import type { HandleBatch, Outcome, PendingCommand } from './pending-command'
import { replayAnswer } from './replay-answer'
import { jitteredBackoff } from './retry'
import type { CategorySettings } from './settings'

/** What every command of a category is handled with. */
export interface CategoryRuntime<Command, State, Event, Rejection> {
  readonly category: Category<Command, State, Event, Rejection>
  readonly settings: CategorySettings
  readonly snapshots: BackgroundSnapshots<State>
  readonly states: StateCache<State>
}

const DECIDE_AGAIN = { _tag: 'DecideAgain' } as const
const CONFLICT = { _tag: 'Conflict' } as const
const RELOAD = { _tag: 'Reload' } as const
const ALONE = { _tag: 'Alone' } as const

/** Whether each command of a batch may succeed on its own: the fault may lie with one of them. */
const oneIsToBlame = (error: AppendError): boolean =>
  error._tag !== 'StoreFailed' ||
  (error.outcome === 'nothingWritten' && ['Unexpected', 'TimedOut'].includes(error.reason))

/**
 * The command loop. One turn of it takes some commands of one stream: decide all of them, one after
 * another, on the state in memory or in the store; append what was decided in one go; answer. When
 * another writer was first nothing of it is stored, and all of it is decided again: a later event is
 * never stored after an earlier one was lost.
 *
 * Every way through it ends in `conclude`, with an outcome for each command.
 */
export const commandLoop = <Command, State, Event, Rejection>({
  category,
  settings,
  snapshots,
  states,
}: CategoryRuntime<Command, State, Event, Rejection>): HandleBatch<
  Command,
  Rejection,
  Handled<State, Event>
> => {
  const { store, ids, retry } = settings

  type Pending = PendingCommand<Command, Rejection, Handled<State, Event>>
  type Batch = ReadonlyArray<Pending>
  type OutcomeOf = (pending: Pending, index: number) => Outcome<Rejection, Handled<State, Event>>

  /** A command, and what was decided on it. */
  interface Decided {
    readonly pending: Pending
    readonly before: Current<State>
    readonly decision: E.Either<DecideError<Rejection>, Decision<State, Event>>
    readonly events: ReadonlyArray<NewEvent>
  }

  /** The state that a batch is decided on. */
  interface Base {
    readonly current: Current<State>
    /** It was read just now, and the id of the batch's first command was looked up. */
    readonly loaded: boolean
  }

  /** Answers the commands of a batch, and gives back those that are handled again, in their order. */
  const conclude = (batch: Batch, outcomeOf: OutcomeOf): Batch | Promise<Batch> => {
    const again: Pending[] = []
    let conflicts = 0
    for (let index = 0; index < batch.length; index++) {
      const pending = batch[index]
      if (pending === undefined) continue
      const outcome = outcomeOf(pending, index)
      switch (outcome._tag) {
        case 'Left':
        case 'Right':
          pending.answer(outcome)
          continue
        case 'DecideAgain':
          break
        case 'Conflict':
          pending.conflicts += 1
          conflicts = Math.max(conflicts, pending.conflicts)
          break
        case 'Reload':
          pending.mode = 'reload'
          break
        case 'Alone':
          pending.mode = 'alone'
          break
      }
      again.push(pending)
    }
    if (conflicts === 0) return again
    return settings.wait(jitteredBackoff(retry, conflicts, settings.random())).then(() => again)
  }

  /** Decides commands one after another, each on the state that those before it lead to. */
  const decideAll = (streamId: StreamId, base: Current<State>, batch: Batch) => {
    let before = base
    return batch.map((pending): Decided => {
      const decision = decideOn(category, streamId, pending.command, before)
      const events = newEvents(decision, pending.options, ids)
      const decided = { pending, before, decision, events }
      if (E.isRight(decision)) before = decision.right.next
      return decided
    })
  }

  /** What becomes of the commands of a batch; `appended`: it was stored at the version it was decided on. */
  const outcomesOf = (
    streamId: StreamId,
    base: Base,
    decided: ReadonlyArray<Decided>,
    appended: Appended | undefined,
  ): OutcomeOf => {
    let skip = 0
    return ({ options }, index) => {
      const each = decided[index]
      if (each === undefined) return RELOAD
      const { before, decision, events } = each
      if (appended !== undefined && E.isRight(decision) && isAppended(each)) {
        const offset = { after: before.version, skip, appended }
        skip += events.length
        return E.right({
          events: recordedEvents(streamId, decision.right.events, events, offset),
          state: decision.right.next.state,
          version: decision.right.next.version,
        })
      }
      // It has no part in the append. A rejection may only mean that this very command was handled
      // before: its id tells.
      const isCertain =
        E.isLeft(decision) && options.commandId !== undefined
          ? base.loaded && index === 0
          : base.loaded || appended !== undefined
      if (!isCertain) return RELOAD
      return E.isLeft(decision)
        ? decision
        : E.right({ events: [], state: before.state, version: before.version })
    }
  }

  /** The store has refused the append of a batch. */
  const refused = async (
    { streamId, expectedVersion }: AppendRequest,
    error: AppendError,
    base: Current<State>,
    batch: Batch,
  ): Promise<Batch> => {
    // A stream that is shorter than the state in memory was restored from a backup: forget that state.
    if (error._tag === 'VersionConflict' && error.actual < base.version) states.forget(streamId)
    else states.set(streamId, { current: base, outdated: true })

    if (error._tag === 'CommandAlreadyHandled') {
      const answer = await replayAnswer(category, settings, streamId, error)
      return conclude(batch, ({ options }) =>
        options.commandId === error.commandId ? answer : DECIDE_AGAIN,
      )
    }
    if (error._tag === 'VersionConflict' && batch[0]?.options.expectedVersion === undefined) {
      const { actual } = error
      const [decidedOn, commands] = [base.version, batch.length]
      settings.observe({ _tag: 'DecidedAgain', streamId, commands, decidedOn, actual })
      return conclude(batch, ({ conflicts }) =>
        conflicts + 1 < retry.attempts
          ? CONFLICT
          : E.left(versionConflict(streamId, expectedVersion, actual, conflicts + 1)),
      )
    }
    if (error._tag === 'StoreFailed' && error.reason === 'TransactionRefused') {
      return conclude(batch, ({ conflicts }) =>
        conflicts + 1 < retry.attempts ? CONFLICT : E.left(error),
      )
    }
    return conclude(batch, () => (batch.length > 1 && oneIsToBlame(error) ? ALONE : E.left(error)))
  }

  /** The batch was stored at the version that it was decided on: its last state is the stream's. */
  const remember = (streamId: StreamId, from: number, last: Decided | undefined): void => {
    if (last === undefined) return
    const current = E.isRight(last.decision) ? last.decision.right.next : last.before
    states.set(streamId, { current, outdated: false })
    snapshots.consider(streamId, { from, to: current.version, state: current.state })
  }

  const decideAndAppend = async (streamId: StreamId, batch: Batch, base: Base): Promise<Batch> => {
    const { version } = base.current
    const decided = decideAll(streamId, base.current, batch)
    const request = appendRequest(streamId, version, decided)
    if (request === undefined) {
      return conclude(batch, outcomesOf(streamId, base, decided, undefined))
    }
    const result = await store.append(request)()
    if (E.isLeft(result)) return refused(request, result.left, base.current, batch)
    const eventCount = request.events.length
    const after = result.right.version - eventCount
    if (after === version) {
      remember(streamId, version, decided.at(-1))
      return conclude(batch, outcomesOf(streamId, base, decided, result.right))
    }
    // A blind append: there may be events of others between the state decided on and its own.
    states.forget(streamId)
    const answer = await replayAnswer(category, settings, streamId, { after, eventCount })
    return conclude(batch, () => answer)
  }

  /** Decides on what the store says now, unless that answers the first command already. */
  const loadAndDecide = async (
    streamId: StreamId,
    batch: Batch,
    first: Pending,
  ): Promise<Batch> => {
    const { commandId, expectedVersion = 'any' } = first.options
    const known = states.get(streamId)
    const loaded = await loadState(category, settings, streamId, {
      ...(known === undefined ? {} : { known: known.current }),
      ...(commandId === undefined ? {} : { commandId }),
    })
    if (E.isLeft(loaded)) return conclude(batch, () => loaded)
    const { current, handled } = loaded.right
    states.set(streamId, { current, outdated: false })
    if (handled === undefined && versionFits(expectedVersion, current.version)) {
      return decideAndAppend(streamId, batch, { current, loaded: true })
    }
    const answer =
      handled === undefined
        ? E.left(versionConflict(streamId, expectedVersion, current.version))
        : await replayAnswer(category, settings, streamId, handled)
    return conclude(batch, (pending) => (pending === first ? answer : DECIDE_AGAIN))
  }

  return (streamId, batch) => {
    const first = batch[0]
    if (first === undefined) return Promise.resolve(batch)
    const { expectedVersion = 'any' } = first.options
    const known = states.get(streamId)
    return known === undefined ||
      known.outdated ||
      first.mode === 'reload' ||
      !versionFits(expectedVersion, known.current.version)
      ? loadAndDecide(streamId, batch, first)
      : decideAndAppend(streamId, batch, { current: known.current, loaded: false })
  }
}
