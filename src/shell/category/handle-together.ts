import * as E from 'fp-ts/Either'
import type { Appended, AppendRequest } from '../../core/append'
import {
  type CommandIdReused,
  commandIdReused,
  type StreamConflict,
  versionConflicts,
} from '../../core/errors/conflict'
import type { Rejected } from '../../core/errors/decision'
import { storeFailed } from '../../core/errors/store'
import type { AppendTogetherError, LoadError } from '../../core/errors/unions'
import { type ExpectedVersion, versionFits } from '../../core/expected-version'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { CommandRecord } from '../../core/ports/event-store'
import type { NewEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import { loadState } from '../state/load-state'
import type { Versioned } from '../state/replay'
import { unshared } from '../state/unshared'
import { newEvents, recordedEvents, decideOn, type DecideError, type Decision } from './decide'
import { type CommandResult, isOtherCommand, type SentOptions, type CategoryTypes } from './command'
import type { CategoryRuntime } from './handle-commands'
import { replayAnswer } from './replay-answer'
import type { Effort } from '../notices/notices'
import { jitteredBackoff, type CategorySettings } from './settings'

/** One of the commands that are handled together, and the stream that it is for. */
export interface TogetherPart {
  /** Its category, and its id within it, as the caller names them. */
  readonly key: string
  readonly id: string
  readonly streamId: StreamId
  readonly command: unknown
  readonly expectedVersion: ExpectedVersion
  readonly runtime: CategoryRuntime<CategoryTypes>
}

/** Commands that are handled together: each for another stream. */
export interface TogetherUnit {
  readonly parts: ReadonlyArray<TogetherPart>
  readonly options: SentOptions
  /** What it has taken so far. `undefined`: nobody asks for it. */
  readonly effort?: Effort | undefined
}

/** Which of the commands a failure is of. */
export interface TogetherPlace {
  readonly key: string
  readonly id: string
}

type Result = CommandResult<unknown, unknown>
type Results = ReadonlyArray<Result>

/** Why commands could not be handled together. */
export type TogetherFailure =
  | Exclude<
      DecideError<never> | LoadError | AppendTogetherError,
      { _tag: 'CommandAlreadyHandled' | 'BoundaryConflict' }
    >
  | (Rejected<unknown> & TogetherPlace)
  | CommandIdReused

/** What a stream's command is decided on. */
interface Base {
  readonly part: TogetherPart
  readonly current: Versioned<unknown>
  /** The stream was read just now, and the command id was looked up. */
  readonly loaded: boolean
  readonly handled: CommandRecord | undefined
}

/** A command, and what was decided on it. */
interface DecidedPart extends Base {
  readonly decision: Decision<unknown, unknown>
  readonly events: ReadonlyArray<NewEvent>
}

/** All of them, in their order, or the first failure. */
const allOf = async <Failure, Value>(
  parts: ReadonlyArray<TogetherPart>,
  valueOf: (part: TogetherPart) => Promise<E.Either<Failure, Value>>,
): Promise<E.Either<Failure, ReadonlyArray<Value>>> => {
  const values: Value[] = []
  for (const value of await Promise.all(parts.map(valueOf))) {
    if (E.isLeft(value)) return value
    values.push(value.right)
  }
  return E.right(values)
}

const load = async (
  part: TogetherPart,
  { commandId }: SentOptions,
): Promise<E.Either<LoadError, Base>> => {
  const { runtime, streamId } = part
  const { category, settings, states } = runtime
  const known = states.get(streamId)
  const loaded = await loadState(category, settings, streamId, {
    ...(known === undefined ? {} : { known }),
    ...(commandId === undefined ? {} : { commandId }),
  })
  if (E.isLeft(loaded)) {
    if (loaded.left._tag === 'StreamErased') states.forget(streamId)
    return loaded
  }
  states.set(streamId, loaded.right.current)
  return E.right({ part, ...loaded.right, loaded: true })
}

/** The state in memory if it will do, or else the one in the store. */
const recall = (part: TogetherPart, options: SentOptions): Promise<E.Either<LoadError, Base>> => {
  const known = part.runtime.states.get(part.streamId)
  return known === undefined || known.outdated || !versionFits(part.expectedVersion, known.version)
    ? load(part, options)
    : Promise.resolve(E.right({ part, current: known, loaded: false, handled: undefined }))
}

/** Streams that are not where the caller has pinned them. */
const unpinned = (bases: ReadonlyArray<Base>): ReadonlyArray<StreamConflict> =>
  bases.flatMap(({ part: { streamId, expectedVersion }, current: { version } }) =>
    versionFits(expectedVersion, version)
      ? []
      : [{ streamId, expected: expectedVersion, actual: version }],
  )

/** What is decided on each stream, or the first failure, and the stream that it is of. */
const decideAll = (
  bases: ReadonlyArray<Base>,
  { options }: TogetherUnit,
  { ids }: CategorySettings,
): E.Either<{ readonly error: TogetherFailure; readonly of: Base }, ReadonlyArray<DecidedPart>> => {
  const decided: DecidedPart[] = []
  for (const base of bases) {
    const { key, id, streamId, command, runtime } = base.part
    const decision = decideOn(runtime.category, streamId, command, base.current)
    if (E.isLeft(decision)) {
      const error = decision.left
      return E.left({ error: error._tag === 'Rejected' ? { ...error, key, id } : error, of: base })
    }
    decided.push({
      ...base,
      decision: decision.right,
      events: newEvents(decision, options, ids),
    })
  }
  return E.right(decided)
}

/** Every stream is named, also those to which nothing is added: what was decided there holds only at that version. */
const requestFor = (
  { part: { streamId }, current: { version }, events }: DecidedPart,
  { commandId, fingerprint }: SentOptions,
): AppendRequest => ({
  streamId,
  expectedVersion: version,
  events,
  commands:
    commandId === undefined ? [] : [{ commandId, skip: 0, eventCount: events.length, fingerprint }],
})

/** The answers that the commands were given when they were handled first. */
const answeredBefore = async ({
  parts,
  options,
}: TogetherUnit): Promise<E.Either<LoadError | CommandIdReused, Results>> => {
  const { commandId = '', fingerprint } = options
  const loaded = await allOf(parts, (part) => load(part, options))
  if (E.isLeft(loaded)) return loaded
  const results: Result[] = []
  for (const { part, handled } of loaded.right) {
    const { streamId, runtime } = part
    if (handled === undefined || isOtherCommand(fingerprint, handled.fingerprint)) {
      return E.left(commandIdReused(streamId, commandId))
    }
    const answer = await replayAnswer(runtime.category, runtime.settings, streamId, handled)
    if (E.isLeft(answer)) return answer
    results.push(answer.right)
  }
  return E.right(results)
}

/** The result of each command, once all of them are stored. */
const resultsOf = (
  decided: ReadonlyArray<DecidedPart>,
  appended: ReadonlyArray<Appended>,
): Results =>
  decided.map(({ part: { streamId, runtime }, current, decision, events }, index) => {
    const own = appended[index]
    const { state, version } = decision.next
    if (own === undefined || events.length === 0) {
      return { events: [], state: unshared(state), version }
    }
    runtime.states.set(streamId, decision.next)
    runtime.snapshots.consider(streamId, { from: current.version, to: version, state })
    const offset = { after: current.version, skip: 0, appended: own }
    return {
      events: recordedEvents(streamId, decision.events, events, offset),
      // `evolve` may have left it as it was: then it is that of the caller before, too.
      state: state === current.state ? unshared(state) : state,
      version,
    }
  })

/** What was decided on must not be used again before it is read. */
const outdate = (
  decided: ReadonlyArray<DecidedPart>,
  error: AppendTogetherError,
  { onNotice }: CategorySettings,
): void => {
  const conflicts = error._tag === 'VersionConflicts' ? error.streams : undefined
  for (const { part, current } of decided) {
    const { streamId, runtime } = part
    const conflict = conflicts?.find((one) => one.streamId === streamId)
    if (conflicts !== undefined && conflict === undefined) continue
    if (error._tag === 'StreamErased') {
      runtime.states.forget(streamId)
      continue
    }
    // A stream that is shorter than the state in memory was restored from a backup: forget that state.
    if (conflict !== undefined && conflict.actual < current.version) {
      runtime.states.forget(streamId)
    } else runtime.states.setOutdated(streamId, current)
    if (conflict === undefined) continue
    const { actual } = conflict
    onNotice({ _tag: 'DecidedAgain', streamId, commands: 1, decidedOn: current.version, actual })
  }
}

/** Whether another writer was first, so that it is worth deciding again. */
const isOvertaken = (error: AppendTogetherError): boolean =>
  error._tag === 'VersionConflicts' ||
  (error._tag === 'StoreFailed' && error.reason === 'TransactionRefused')

/**
 * The command loop of several streams: recall or load each state, decide all of it, append it as one. When another
 * writer was first to any of the streams nothing is stored, and all of it is decided again.
 */
export const handleTogether = async (
  store: BoundaryStore,
  settings: CategorySettings,
  unit: TogetherUnit,
): Promise<E.Either<TogetherFailure, Results>> => {
  const { retry, random, wait } = settings
  const { parts, options, effort } = unit
  let attempts = 1
  let baseOf = recall
  for (;;) {
    const bases = await allOf(parts, (part) => baseOf(part, options))
    if (E.isLeft(bases)) return bases
    if (bases.right.some(({ handled }) => handled !== undefined)) return answeredBefore(unit)
    const misplaced = unpinned(bases.right)
    if (misplaced.length > 0) return E.left(versionConflicts(misplaced, attempts))

    if (effort !== undefined) {
      effort.attempts += 1
      effort.group = parts.length
      effort.isCached &&= bases.right.every(({ loaded }) => !loaded)
    }
    const decided = decideAll(bases.right, unit, settings)
    if (E.isLeft(decided)) {
      // A state in memory may be outdated, and a command that was handled before may be rejected by now.
      if (decided.left.of.loaded) return E.left(decided.left.error)
      baseOf = load
      continue
    }

    const streams = decided.right.map((part) => requestFor(part, options))
    const appended = await store.appendTogether({ streams })()
    if (E.isRight(appended)) return E.right(resultsOf(decided.right, appended.right.streams))
    const error = appended.left
    if (error._tag === 'CommandAlreadyHandled') return answeredBefore(unit)
    if (error._tag === 'BoundaryConflict') {
      return E.left(storeFailed('Unexpected', 'nothingWritten', error)) // there was no condition
    }
    outdate(decided.right, error, settings)
    if (!isOvertaken(error) || attempts >= retry.attempts) {
      return E.left(
        error._tag === 'VersionConflicts' ? versionConflicts(error.streams, attempts) : error,
      )
    }
    await wait(jitteredBackoff(retry, attempts, random()))
    attempts += 1
    baseOf = recall
  }
}
