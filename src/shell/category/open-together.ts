import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { ReadEvents, ReadRejections, ReadStates } from '../../core/algebra/deciders'
import { keysOf } from '../../core/algebra/keyed'
import { canonicalJson } from '../../core/canonical-json'
import type { Category } from '../../core/category'
import type { VersionConflict, VersionConflicts } from '../../core/errors/conflict'
import type { Rejected } from '../../core/errors/decision'
import { type InvalidAppend, invalidAppend, type InvalidCommand } from '../../core/errors/invalid'
import { storeFailed } from '../../core/errors/store'
import type { HandleError } from '../../core/errors/unions'
import { type ExpectedVersion, expectedVersionProblem } from '../../core/expected-version'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { StreamStore } from '../../core/ports/event-store'
import { streamId } from '../../core/stream'
import { catching } from '../catching'
import { backgroundSnapshots } from '../state/snapshots'
import { type Effort, type Observed, reportingAnswer } from '../notices/notices'
import { stateCache } from '../state/state-cache'
import { namingSource } from './handed-out'
import type { CommandOptions, CommandResult, SentOptions, CategoryTypes } from './command'
import type { CategoryRuntime } from './handle-commands'
import {
  handleTogether,
  type TogetherFailure,
  type TogetherPart,
  type TogetherPlace,
} from './handle-together'
import { commandFingerprint, decodeCommand, withoutUndefined } from './sent-command'
import { throughOutages } from './outages'
import { type CategoryOptions, withDefaults } from './settings'
import { declaring } from './declaring'
import { streamTurns } from './stream-turns'

/** A record of categories, each with the commands, states, events and rejections of its key. All types are inferred. */
export type TogetherCategories<
  Commands,
  States extends Record<keyof Commands, unknown>,
  Events extends Record<keyof Commands, unknown>,
  Rejections extends Record<keyof Commands, unknown>,
> = {
  readonly [Key in keyof Commands]: Category<
    Commands[Key],
    States[Key],
    Events[Key],
    Rejections[Key]
  >
} & {
  // For inferring each record of types by itself: see core/algebra/deciders.
  readonly [Key in keyof States]: { readonly decider: ReadStates<States>[Key] }
} & {
  readonly [Key in keyof Events]: { readonly decider: ReadEvents<Events>[Key] }
} & {
  readonly [Key in keyof Rejections]: { readonly decider: ReadRejections<Rejections>[Key] }
}

/** The options of one command among others. */
export interface TogetherPin {
  /**
   * The version that the caller expects its stream to be at: decided on that version alone, and a conflict is answered.
   * `mustExist`: the stream has events. Omitted: whatever the version is.
   */
  readonly expectedVersion?: Exclude<ExpectedVersion, 'any'>
}

/** Commands by their categories, each for another stream: `{ accounts: [['A1', withdraw], ['A2', deposit]] }`. */
export type TogetherCommands<Commands> = {
  readonly [Key in keyof Commands]?: ReadonlyArray<
    readonly [id: string, command: Commands[Key], pin?: TogetherPin]
  >
}

/** The options of commands that are handled together. Every key is optional. */
export interface TogetherOptions {
  /**
   * Makes all of it idempotent: it has its effect once, however often it is sent and from wherever. Every later
   * sending is answered as the first one was; of other commands, or to other streams, `CommandIdReused`. 1 to 255
   * characters, unique among the commands of each of the streams.
   */
  readonly commandId?: string
  /** Goes with every event: see {@link CommandOptions}. */
  readonly metadata?: CommandOptions['metadata']
}

/** The results by their categories, in the order of the commands; of a category without commands, none. */
export type TogetherResults<States, Events extends Record<keyof States, unknown>> = {
  readonly [Key in keyof States]: ReadonlyArray<CommandResult<States[Key], Events[Key]>>
}

/** One of the deciders said no: `key` and `id` say which, as the caller has named it. */
export type RejectedTogether<Rejections> = {
  readonly [Key in keyof Rejections & string]: Rejected<Rejections[Key]> & {
    readonly key: Key
    readonly id: string
  }
}[keyof Rejections & string]

/** The errors of handling commands together: everything that can go wrong. */
export type TogetherError<Rejections> =
  | Exclude<HandleError<never>, Rejected<never> | VersionConflict | InvalidCommand>
  | (InvalidCommand & TogetherPlace)
  | RejectedTogether<Rejections>
  | VersionConflicts

/** Categories that are connected to a backend, to decide on several of their streams as one. */
export interface OpenTogether<
  Commands,
  States,
  Events extends Record<keyof States, unknown>,
  Rejections,
> {
  /**
   * Validates, loads, decides each command on its own stream, and appends all that was decided as one: all of it, or
   * nothing. Every stream is then at the version that was decided on, also where there was nothing to do. When another
   * writer was first to any of them, all of it is decided again.
   *
   * Fails as `handleCommand` does, but for
   * - `Rejected`: the first decider that said no, in the order of the categories and of their commands. `key` and `id`
   *   say which: `error.key === 'accounts'` narrows `error.rejection`.
   * - `InvalidCommand`: with `key` and `id`.
   * - `VersionConflicts`: names the streams that are not at `expectedVersion`, or to which another writer was faster
   *   at every attempt.
   * - `InvalidAppend`: also no command at all, and two for the same stream.
   *
   * Except for `StoreFailed` with outcome `unknown`, nothing was written, to none of the streams.
   */
  readonly handleCommands: (
    commands: TogetherCommands<Commands>,
    options?: TogetherOptions,
  ) => TaskEither<TogetherError<Rejections>, TogetherResults<States, Events>>
  /** Waits for the snapshots that are being taken in the background. Never fails. */
  readonly snapshotsSettled: () => Promise<void>
}

const eventCountOf = (
  results: Readonly<Record<string, ReadonlyArray<CommandResult<unknown, unknown>>>>,
): number =>
  Object.values(results)
    .flat()
    .reduce((sum, { events }) => sum + events.length, 0)

/** What the caller has sent, or why none of it can be handled. */
type Taken<Value> = E.Either<
  InvalidAppend | (InvalidCommand & TogetherPlace) | TogetherFailure,
  Value
>

type Runtime = CategoryRuntime<CategoryTypes>

const takePart = (
  runtime: Runtime,
  key: string,
  [id, given, pin = {}]: readonly [string, unknown, TogetherPin?],
): Taken<TogetherPart> => {
  const stream = streamId(runtime.category.name, id)
  if (E.isLeft(stream)) return stream
  const expectedVersion: ExpectedVersion = pin.expectedVersion ?? 'any'
  const problem = expectedVersionProblem(expectedVersion)
  if (problem !== undefined) return E.left(invalidAppend(stream.right, problem))
  const command = decodeCommand(runtime.category, given)
  if (E.isRight(command)) {
    const part = { key, id, streamId: stream.right, command: command.right }
    return E.right({ ...part, expectedVersion, runtime })
  }
  const error = command.left
  return E.left(error._tag === 'InvalidCommand' ? { ...error, key, id } : error)
}

const takeParts = (
  runtimes: Readonly<Record<string, Runtime>>,
  commands: TogetherCommands<Record<string, unknown>>,
): Taken<ReadonlyArray<TogetherPart>> => {
  const unknown = keysOf(commands).find((key) => !Object.hasOwn(runtimes, key))
  if (unknown !== undefined) return E.left(invalidAppend('', `no category is called ${unknown}`))
  const parts: TogetherPart[] = []
  const named = new Set<string>()
  for (const key of keysOf(runtimes)) {
    for (const entry of commands[key] ?? []) {
      const runtime = runtimes[key]
      if (runtime === undefined) continue
      const part = takePart(runtime, key, entry)
      if (E.isLeft(part)) return part
      const { streamId: stream } = part.right
      if (named.has(stream)) return E.left(invalidAppend(stream, 'it has two commands'))
      named.add(stream)
      parts.push(part.right)
    }
  }
  return parts.length === 0 ? E.left(invalidAppend('', 'there is no command')) : E.right(parts)
}

const takeOptions = (
  { commandId, metadata }: TogetherOptions,
  parts: ReadonlyArray<TogetherPart>,
): SentOptions => {
  const all = parts
    .map(({ streamId: stream, command }) => [stream, command] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return {
    ...(commandId === undefined ? {} : { commandId, fingerprint: commandFingerprint(all) }),
    ...(metadata === undefined ? {} : { metadata: canonicalJson(withoutUndefined(metadata)) }),
  }
}

/**
 * Connects several categories to a backend, to decide on several of their streams as one. It has states in memory of
 * its own, which are never trusted without the version check. Never fails, and reads nothing yet.
 *
 * @param backend - a store that can append to several streams: `memory()`, `postgres(db)`. In the caller's own
 *   transaction: `{ store: backend.store.inTransaction(transaction) }`, opened for that transaction alone.
 *
 * @example
 * const bank = openTogether({ accounts: account, cards: card }, memory())
 * const result = await bank.handleCommands({
 *   accounts: [['A1', withdraw(10)], ['A2', deposit(10)]],
 *   cards: [['C1', charge(10)]],
 * })()
 */
export const openTogether = <
  Commands,
  States extends Record<keyof Commands, unknown>,
  Events extends Record<keyof Commands, unknown> & Record<keyof States, unknown>,
  Rejections extends Record<keyof Commands, unknown>,
>(
  categories: TogetherCategories<Commands, States, Events, Rejections>,
  backend: { readonly store: StreamStore & BoundaryStore } & Observed,
  options: CategoryOptions = {},
): OpenTogether<Commands, States, Events, Rejections> => {
  // Each category meets the commands, states and events of its own key, and no others.
  const known = categories as unknown as Readonly<
    Record<string, Category<unknown, unknown, unknown, unknown>>
  >
  const store = declaring(backend.store, Object.values(known))
  const settings = withDefaults(store, options, backend)
  const runtimes: Readonly<Record<string, Runtime>> = Object.fromEntries(
    keysOf(known).map((key) => {
      const category = known[key] as Category<unknown, unknown, unknown, unknown>
      const snapshots = backgroundSnapshots(category, settings)
      return [key, { category, settings, snapshots, states: stateCache<unknown>(settings) }]
    }),
  )
  const inTurn = streamTurns(settings.queueDepth)

  const handle = async (
    parts: ReadonlyArray<TogetherPart>,
    sent: SentOptions,
    effort: Effort | undefined,
  ): Promise<E.Either<TogetherFailure, ReadonlyArray<CommandResult<unknown, unknown>>>> => {
    try {
      return await handleTogether(store, settings, { parts, options: sent, effort })
    } catch (cause) {
      return E.left(storeFailed('Unexpected', 'unknown', cause))
    }
  }

  type Handle = OpenTogether<Commands, States, Events, Rejections>['handleCommands']

  const answer = async (
    commands: TogetherCommands<Commands>,
    given: TogetherOptions = {},
    effort?: Effort,
  ): Promise<Awaited<ReturnType<ReturnType<Handle>>>> => {
    const taken = catching(() => takeParts(runtimes, commands))
    if (E.isLeft(taken)) return E.left(invalidAppend('', 'its commands cannot be read'))
    if (E.isLeft(taken.right)) return taken.right as E.Left<TogetherError<Rejections>>
    const parts = taken.right.right
    const sent = catching(() => takeOptions(given, parts))
    if (E.isLeft(sent)) return E.left(invalidAppend('', 'its metadata cannot be read'))
    const streams = parts.map((part) => part.streamId)
    if (effort !== undefined) effort.streamIds = streams
    const results = await throughOutages(settings, sent.right.commandId !== undefined, () =>
      inTurn(streams, () => handle(parts, sent.right, effort)),
    )
    if (E.isLeft(results)) return results as E.Left<TogetherError<Rejections>>
    const named = results.right.map((result, index) => namingSource(store, streams[index], result))
    const byKey = keysOf(runtimes).map((key) => [
      key,
      named.filter((_, index) => parts[index]?.key === key),
    ])
    return E.right(Object.fromEntries(byKey) as TogetherResults<States, Events>)
  }

  const { onHandled } = settings
  const name = Object.values(known)
    .map((category) => category.name)
    .join('+')
  return {
    handleCommands:
      onHandled === undefined
        ? (commands, given) => () => answer(commands, given)
        : (commands, given) => () => {
            const told = { category: name, body: undefined }
            const handling = (effort: Effort) => answer(commands, given, effort)
            return reportingAnswer(onHandled, told, handling, (results) =>
              eventCountOf(results as never),
            )
          },
    snapshotsSettled: async () => {
      await Promise.all(Object.values(runtimes).map(({ snapshots }) => snapshots.settled()))
    },
  }
}
