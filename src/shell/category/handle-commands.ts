import * as E from 'fp-ts/Either'
import type { Appended, AppendRequest } from '../../core/append'
import type { Category } from '../../core/category'
import { versionConflict } from '../../core/errors/conflict'
import { isIsolatable } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import type { StreamId } from '../../core/stream'
import { loadState } from '../state/load-state'
import type { BackgroundSnapshots } from '../state/snapshots'
import type { StateCache } from '../state/state-cache'
import { unshared } from '../state/unshared'
import {
  appendRequest,
  type Base,
  isAppended,
  recordedEvents,
  type Decided,
  decideAll,
  followedBy,
  type Stored,
} from './decide'
import {
  admits,
  type CategoryTypes,
  type CommandResult,
  isDecidedAgain,
  ALONE,
  CONFLICT,
  DECIDE_AGAIN,
  type Outcome,
  type PendingCommand,
  RELOAD,
  stateOfNew,
} from './command'
import { countAttempt } from '../notices/notices'
import { answerAgain, replayAnswer } from './replay-answer'
import { jitteredBackoff, type CategorySettings } from './settings'

const NONE: ReadonlyArray<never> = []

/** What every command of a category is handled with. */
export interface CategoryRuntime<Of extends CategoryTypes> {
  readonly category: Category<Of['command'], Of['state'], Of['event'], Of['rejection']>
  readonly settings: CategorySettings
  readonly snapshots: BackgroundSnapshots<Of['state']>
  readonly states: StateCache<Of['state']>
}

type Result<Of extends CategoryTypes> = CommandResult<Of['state'], Of['event']>
export type Pending<Of extends CategoryTypes> = PendingCommand<
  Of['command'],
  Of['rejection'],
  Result<Of>
>
type Batch<Of extends CategoryTypes> = ReadonlyArray<Pending<Of>>
type OutcomeOf<Of extends CategoryTypes> = (
  pending: Pending<Of>,
  index: number,
) => Outcome<Of['rejection'], Result<Of>>

/**
 * The command loop. One turn of it takes some commands of one stream: decide all of them, one after
 * another, on the state in memory or in the store; append what was decided in one go; answer. When
 * another writer was first nothing of it is stored, and all of it is decided again: a later event is
 * never stored after an earlier one was lost.
 *
 * Every way through it ends in {@link conclude}, with an outcome for each command. Returns the
 * commands that must be handled again, in their order.
 */
export const handleBatch = <Of extends CategoryTypes>(
  runtime: CategoryRuntime<Of>,
  streamId: StreamId,
  batch: Batch<Of>,
): Batch<Of> | Promise<Batch<Of>> => {
  const first = batch[0]
  if (first === undefined) return batch
  const known = runtime.states.get(streamId) ?? stateOfNew(runtime.category, first.options)
  return known === undefined ||
    known.outdated ||
    first.mode === 'reload' ||
    !admits(first.options, known.version)
    ? loadAndDecide(runtime, streamId, batch, first)
    : decideAndAppend(runtime, streamId, batch, { current: known, loaded: false })
}

/** Decides on what the store says now, unless that answers the first command already. */
const loadAndDecide = async <Of extends CategoryTypes>(
  runtime: CategoryRuntime<Of>,
  streamId: StreamId,
  batch: Batch<Of>,
  first: Pending<Of>,
): Promise<Batch<Of>> => {
  const { category, settings, states } = runtime
  const { commandId, expectedVersion = 'any' } = first.options // a command that admits any version has no conflict
  const known = states.get(streamId)
  const loaded = await loadState(category, settings, streamId, {
    ...(known === undefined ? {} : { known }),
    ...(commandId === undefined ? {} : { commandId }),
  })
  if (E.isLeft(loaded)) {
    if (loaded.left._tag === 'StreamErased') states.forget(streamId)
    return conclude(runtime, batch, () => loaded)
  }
  const { current, handled } = loaded.right
  states.set(streamId, current)
  if (handled === undefined && admits(first.options, current.version)) {
    return decideAndAppend(runtime, streamId, batch, { current, loaded: true })
  }
  const answer =
    handled === undefined
      ? E.left(versionConflict(streamId, expectedVersion, current.version))
      : await answerAgain(runtime, streamId, first.options, handled)
  return conclude(runtime, batch, (pending) => (pending === first ? answer : DECIDE_AGAIN))
}

// No async function: every command comes through here, and that would take up more memory than the rest.
const decideAndAppend = <Of extends CategoryTypes>(
  runtime: CategoryRuntime<Of>,
  streamId: StreamId,
  batch: Batch<Of>,
  base: Base<Of>,
): Batch<Of> | Promise<Batch<Of>> => {
  const decided = decideAll(runtime, streamId, base.current, batch)
  if (runtime.settings.onHandled !== undefined) countAttempt(decided, base.loaded)
  const request = appendRequest(streamId, base.current.version, decided)
  const now = decided.length === batch.length ? batch : batch.slice(0, decided.length)
  const again =
    request === undefined
      ? conclude(runtime, now, outcomesOf(streamId, base, decided, undefined))
      : runtime.settings.store
          .append(request)()
          .then((result) =>
            E.isLeft(result)
              ? refused(runtime, request, { base, error: result.left }, now)
              : stored(runtime, { streamId, base, decided, appended: result.right }, now),
          )
  return now === batch ? again : followedBy(again, batch.slice(now.length))
}

/** The store has taken the append of a batch. */
const stored = <Of extends CategoryTypes>(
  runtime: CategoryRuntime<Of>,
  { streamId, base, decided, appended }: Stored<Of>,
  batch: Batch<Of>,
): Batch<Of> | Promise<Batch<Of>> => {
  const { category, settings, states, snapshots } = runtime
  const { version } = base.current
  let eventCount = 0
  for (const { events } of decided) eventCount += events.length
  const after = appended.version - eventCount
  if (after !== version) {
    // A blind append: there may be events of others between the state decided on and its own.
    states.forget(streamId)
    return replayAnswer(category, settings, streamId, { after, eventCount }).then((answer) =>
      conclude(runtime, batch, () => answer),
    )
  }
  const last = decided[decided.length - 1]
  if (last !== undefined) {
    const current = E.isRight(last.decision) ? last.decision.right.next : last.before
    states.set(streamId, current)
    snapshots.consider(streamId, { from: version, to: current.version, state: current.state })
  }
  return conclude(runtime, batch, outcomesOf(streamId, base, decided, appended))
}

/**
 * What becomes of the commands of a batch. `appended`: what was decided was stored at the version that
 * it was decided on; `undefined`: there was nothing to store.
 */
const outcomesOf = <Of extends CategoryTypes>(
  streamId: StreamId,
  { loaded }: Base<Of>,
  decided: ReadonlyArray<Decided<Of>>,
  appended: Appended | undefined,
): OutcomeOf<Of> => {
  let skip = 0
  return ({ options }, index) => {
    const each = decided[index]
    if (each === undefined) return RELOAD
    const { before, decision, events } = each
    if (appended !== undefined && E.isRight(decision) && isAppended(each)) {
      const { state, version } = decision.right.next
      const offset = { after: before.version, skip, appended }
      skip += events.length
      return E.right({
        events: recordedEvents(streamId, decision.right.events, events, offset),
        // `evolve` may have left it as it was: then it is that of the caller before, too.
        state: state === before.state ? unshared(state) : state,
        version,
      })
    }
    // It has no part in the append. A rejection may only mean that this very command was handled before:
    // its id shows that.
    const isCertain =
      E.isLeft(decision) && options.commandId !== undefined
        ? loaded && index === 0
        : loaded || appended !== undefined
    if (!isCertain) return RELOAD
    return E.isLeft(decision)
      ? decision
      : E.right({ events: [], state: unshared(before.state), version: before.version })
  }
}

/** The store has rejected the append of a batch. */
const refused = async <Of extends CategoryTypes>(
  runtime: CategoryRuntime<Of>,
  { streamId, expectedVersion }: AppendRequest,
  { base, error }: { readonly base: Base<Of>; readonly error: AppendError },
  batch: Batch<Of>,
): Promise<Batch<Of>> => {
  const [{ settings, states }, { current }] = [runtime, base]
  if (error._tag === 'StreamErased') {
    states.forget(streamId)
    return conclude(runtime, batch, () => E.left(error))
  }
  // A stream that is shorter than the state in memory was restored from a backup: forget that state.
  if (error._tag === 'VersionConflict' && error.actual < current.version) states.forget(streamId)
  else states.setOutdated(streamId, current)

  if (error._tag === 'CommandAlreadyHandled') {
    const repeated = batch.find(({ options }) => options.commandId === error.commandId)
    const answer = await answerAgain(runtime, streamId, repeated?.options ?? {}, error)
    return conclude(runtime, batch, (pending) => (pending === repeated ? answer : DECIDE_AGAIN))
  }
  const retries = ({ conflicts }: Pending<Of>) => conflicts + 1 < settings.retry.attempts
  if (error._tag === 'VersionConflict' && isDecidedAgain(batch[0]?.options ?? {})) {
    const { actual } = error
    const notice = { streamId, commands: batch.length, decidedOn: current.version, actual }
    settings.onNotice({ _tag: 'DecidedAgain', ...notice })
    return conclude(runtime, batch, (pending) =>
      retries(pending)
        ? CONFLICT
        : E.left(versionConflict(streamId, expectedVersion, actual, pending.conflicts + 1)),
    )
  }
  if (error._tag === 'StoreFailed' && error.reason === 'TransactionRefused') {
    return conclude(runtime, batch, (pending) => (retries(pending) ? CONFLICT : E.left(error)))
  }
  const outcome =
    batch.length > 1 && (error._tag !== 'StoreFailed' || isIsolatable(error))
      ? ALONE
      : E.left(error)
  return conclude(runtime, batch, () => outcome)
}

/** Answers the commands of a batch, and returns those that are handled again, in their order. */
const conclude = <Of extends CategoryTypes>(
  { settings: { retry, random, wait } }: CategoryRuntime<Of>,
  batch: Batch<Of>,
  outcomeOf: OutcomeOf<Of>,
): Batch<Of> | Promise<Batch<Of>> => {
  let again: Pending<Of>[] | undefined // nearly always none
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
    if (again === undefined) again = [pending]
    else again.push(pending)
  }
  if (again === undefined) return NONE
  if (conflicts === 0) return again
  const later = again
  return wait(jitteredBackoff(retry, conflicts, random())).then(() => later)
}
