import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { Category } from '../../core/category'
import type { SnapshotImpossible, VersionNotReached } from '../../core/errors/replay'
import { invalidAppend } from '../../core/errors/invalid'
import type { HandleError, LoadError, ReadError, ReadPageError } from '../../core/errors/unions'
import { expectedVersionProblem } from '../../core/expected-version'
import type { BackwardsRange, StreamRange, StreamStore } from '../../core/ports/event-store'
import type { EventsPage } from '../../core/recorded-event'
import { streamId, type StreamId, type StreamVersion } from '../../core/stream'
import type { CommandOptions, CommandResult } from './command'
import {
  type CategoryInTransaction,
  type CategoryStore,
  type InTransaction,
  untilItFails,
} from './in-transaction'
import { throughOutages } from './outages'
import { type CategoryOptions, withDefaults } from './settings'
import { declaring } from './declaring'
import { decodeCommand, NO_OPTIONS, sentOptions } from './sent-command'
import { handedOut, namingSource, separateResult } from './handed-out'
import { asOf, replayTo } from '../state/history'
import { readEvents, readEventsBackwards } from '../state/stream-events'
import { streamQueues } from './stream-queue'
import { loadState } from '../state/load-state'
import type { Versioned } from '../state/replay'
import { type CategoryRuntime, handleBatch } from './handle-commands'
import { backgroundSnapshots, takeSnapshot } from '../state/snapshots'
import { stateCache } from '../state/state-cache'
import { type Effort, type Observed, reportingAnswer } from '../notices/notices'

/** A category that is connected to a backend. All its functions take the id alone: `A1`, not `account-A1`. */
export interface OpenCategory<Command, State, Event, Rejection> {
  /**
   * Validates, loads, decides, appends, and answers. When another writer was first it decides again.
   *
   * Fails with
   * - `InvalidStreamId`, `InvalidCommand`: nothing was read.
   * - `Rejected`: the decider said no; `rejection` is its reason.
   * - `VersionConflict`: the stream is not at `expectedVersion`, or another writer was faster at every
   *   attempt.
   * - `CommandIdReused`: another command was handled under this `commandId`.
   * - `UndecodableEvent`: the stream holds an event that its codec cannot read.
   * - `UnencodableEvent`, `LimitExceeded`, `InvalidAppend`: the decided events cannot be stored.
   * - `DeciderThrew`: the decider, a codec or an upcaster threw.
   * - `ProjectionFailed`: an inline projection failed.
   * - `Overloaded`: too many commands wait for this stream already.
   * - `StoreFailed`: the store rejected the append or did not answer. With outcome `unknown` the command may
   *   have had its effect: send it again with the same command id.
   *
   * Except for that last case, nothing was written.
   */
  readonly handleCommand: (
    id: string,
    command: Command,
    options?: CommandOptions,
  ) => TaskEither<HandleError<Rejection>, CommandResult<State, Event>>
  /**
   * The same as `handleCommand`, for a command from outside, of which nothing is known yet: the body of a request.
   * What it is not is answered with `InvalidCommand`. Fails as `handleCommand` does.
   */
  readonly handle: (
    id: string,
    body: unknown,
    options?: CommandOptions,
  ) => TaskEither<HandleError<Rejection>, CommandResult<State, Event>>
  /**
   * The current state, read from the store. A stream never written to is at version 0.
   *
   * Fails with
   * - `InvalidStreamId`: nothing was read.
   * - `UndecodableEvent`: the stream holds an event that its codec cannot read.
   * - `DeciderThrew`: `evolve`, a codec or an upcaster threw.
   * - `StoreFailed`: the store rejected the query or did not answer.
   */
  readonly load: (id: string) => TaskEither<LoadError, Versioned<State>>
  /** The cached state, which may be outdated; the store is read only if none is cached. Fails as `load` does. */
  readonly cached: (id: string) => TaskEither<LoadError, Versioned<State>>
  /**
   * The state as it was at a version, 0 or more. Fails as `load` does, and with `VersionNotReached` if the stream
   * is shorter.
   */
  readonly replayTo: (
    id: string,
    version: StreamVersion,
  ) => TaskEither<LoadError | VersionNotReached, Versioned<State>>
  /**
   * The state as it was at a time, in milliseconds since 1970-01-01 UTC by the store's clock: after all
   * events up to the first one that was recorded later. Fails as `load` does.
   */
  readonly asOf: (id: string, time: number) => TaskEither<LoadError, Versioned<State>>
  /**
   * A page of the stream's events, decoded, oldest first: later than `after` (default 0), up to `upTo` (default: all), at
   * most `limit` (default `pageSize`), with one of `tags` (default: whichever they have).
   *
   * Fails with
   * - `InvalidStreamId`, `InvalidQuery`: the range is not valid; nothing was read.
   * - `UndecodableEvent`: one of them is an event that the codec cannot read. `DeciderThrew`: it threw.
   * - `Overloaded`, `StoreFailed`: the store rejected the query or did not answer.
   *
   * @example
   * const asOfVersion3 = await accounts.events('A1', { upTo: 3 })()
   */
  readonly events: (
    id: string,
    range?: Partial<StreamRange>,
  ) => TaskEither<LoadError | ReadPageError, EventsPage<Event>>
  /**
   * The same, newest first: with a `limit` of n the newest n. Continue with `before`, the version of the last one.
   * Fails as `events` does.
   *
   * @example
   * const newestTen = await accounts.eventsBackwards('A1', { limit: 10 })()
   */
  readonly eventsBackwards: (
    id: string,
    range?: Partial<BackwardsRange>,
  ) => TaskEither<LoadError | ReadPageError, EventsPage<Event>>
  /** The version of the stream, without reading its events. 0: never written to. Fails as the store does. */
  readonly version: (id: string) => TaskEither<ReadError, { readonly version: StreamVersion }>
  /**
   * Takes a snapshot now, whatever the policy says. Fails as `load` does, and with `SnapshotImpossible` if the
   * category declares no snapshots, the stream is empty, or the state does not match its codec.
   */
  readonly snapshot: (id: string) => TaskEither<LoadError | SnapshotImpossible, Versioned<State>>
  /** A new id: a UUIDv7, greater than all that its {@link IdSource} gave before. Never fails. */
  readonly newId: () => string
  /** Waits for the snapshots that are being taken in the background. Never fails. */
  readonly snapshotsSettled: () => Promise<void>
}

const eventCountOf = ({ events }: CommandResult<unknown, unknown>): number => events.length

/** A category on what it is handled with. */
const categoryOn = <Command, State, Event, Rejection>(
  runtime: CategoryRuntime<{
    readonly command: Command
    readonly state: State
    readonly event: Event
    readonly rejection: Rejection
  }>,
): OpenCategory<Command, State, Event, Rejection> => {
  const { category, settings, snapshots, states } = runtime
  const enqueue = streamQueues<Command, Rejection, CommandResult<State, Event>>(
    (streamId, batch) => handleBatch(runtime, streamId, batch),
    settings.queueDepth,
    separateResult,
  )
  const nameOf = (id: string) => TE.fromEither(streamId(category.name, id))

  const fetchStream =
    (stream: StreamId): TaskEither<LoadError, Versioned<State>> =>
    async () => {
      const known = states.get(stream)
      const loaded = await loadState(
        category,
        settings,
        stream,
        known === undefined ? {} : { known },
      )
      if (E.isLeft(loaded)) {
        if (loaded.left._tag === 'StreamErased') states.forget(stream)
        return loaded
      }
      const { current } = loaded.right
      // Not over a later state that a command has led to meanwhile.
      const newest = states.get(stream)
      if (newest === undefined || newest === known || newest.version <= current.version) {
        states.set(stream, current)
      }
      return E.right(handedOut(current))
    }

  type Handle = OpenCategory<Command, State, Event, Rejection>['handle']

  const send: typeof enqueue =
    settings.retryOutagesFor === 0
      ? enqueue
      : (stream, command, sent, effort) =>
          throughOutages(settings, sent.commandId !== undefined, () =>
            enqueue(stream, command, sent, effort),
          )

  const sendNaming: typeof enqueue =
    settings.store.sourceNameOf === undefined
      ? send
      : (stream, command, sent, effort) =>
          send(stream, command, sent, effort).then(
            E.map((result) => namingSource(settings.store, stream, result)),
          )

  const answer = (
    id: string,
    body: unknown,
    options: CommandOptions = NO_OPTIONS,
    effort?: Effort,
  ): ReturnType<ReturnType<Handle>> => {
    const stream = streamId(category.name, id)
    if (E.isLeft(stream)) return Promise.resolve(stream)
    if (effort !== undefined) effort.streamIds = [stream.right]
    const problem = expectedVersionProblem(options.expectedVersion ?? 'any')
    if (problem !== undefined) {
      return Promise.resolve(E.left(invalidAppend(stream.right, problem)))
    }
    const decoded = decodeCommand(category, body)
    if (E.isLeft(decoded)) return Promise.resolve(decoded)
    const sent = sentOptions(options, body)
    if (E.isLeft(sent)) {
      return Promise.resolve(E.left(invalidAppend(stream.right, 'its metadata cannot be read')))
    }
    return sendNaming(stream.right, decoded.right, sent.right, effort)
  }

  const { onHandled } = settings
  const handle: Handle =
    onHandled === undefined
      ? (id, body, options) => () => answer(id, body, options)
      : (id, body, options) => () => {
          const told = { category: category.name, body }
          const handling = (effort: Effort) => answer(id, body, options, effort)
          return reportingAnswer(onHandled, told, handling, eventCountOf)
        }

  return {
    handleCommand: handle,
    handle,
    load: (id) => pipe(nameOf(id), TE.flatMap(fetchStream)),
    cached: (id) =>
      pipe(
        nameOf(id),
        TE.flatMap((stream) => {
          const known = states.get(stream)
          return known === undefined ? fetchStream(stream) : TE.right(handedOut(known))
        }),
      ),
    replayTo: (id, version) =>
      pipe(
        nameOf(id),
        TE.flatMap((stream) => replayTo(category, settings)(stream, version)),
      ),
    asOf: (id, time) =>
      pipe(
        nameOf(id),
        TE.flatMap((stream) => asOf(category, settings)(stream, time)),
      ),
    events: (id, range = {}) =>
      pipe(
        nameOf(id),
        TE.flatMap((stream) => readEvents(category, settings, stream, range)),
      ),
    eventsBackwards: (id, range = {}) =>
      pipe(
        nameOf(id),
        TE.flatMap((stream) => readEventsBackwards(category, settings, stream, range)),
      ),
    version: (id) =>
      pipe(
        nameOf(id),
        TE.flatMap(settings.store.version),
        TE.map((version) => ({ version })),
      ),
    snapshot: (id) =>
      pipe(
        nameOf(id),
        TE.bindTo('stream'),
        TE.bind('current', ({ stream }) => fetchStream(stream)),
        TE.bindW(
          'saved',
          ({ stream, current }) =>
            () =>
              takeSnapshot(category, settings, stream, current),
        ),
        TE.map(({ current }) => current),
      ),
    newId: () => settings.ids.next(),
    snapshotsSettled: snapshots.settled,
  }
}

/**
 * Connects a category to a backend; it uses only the `store`. Never fails, and reads nothing yet: the errors are
 * those of the functions of {@link OpenCategory}.
 *
 * On a store that can work inside a transaction of the caller's (`postgres`), the category can, too:
 * `accounts.inTransaction(transaction)` is a {@link CategoryInTransaction}.
 *
 * @example
 * const accounts = openCategory(account, memory())
 * const result = await accounts.handleCommand('A1', { type: 'OpenAccount', owner: 'Ada' })()
 */
export const openCategory = <
  Command,
  State,
  Event,
  Rejection,
  Store extends CategoryStore = StreamStore,
>(
  category: Category<Command, State, Event, Rejection>,
  { store, onAnyNotice }: { readonly store: Store } & Observed,
  options: CategoryOptions = {},
): OpenCategory<Command, State, Event, Rejection> &
  InTransaction<Store, CategoryInTransaction<Command, State, Event, Rejection>> => {
  const settings = withDefaults(declaring(store, [category]), options, { onAnyNotice })
  const open = categoryOn({
    category,
    settings,
    snapshots: backgroundSnapshots(category, settings),
    states: stateCache<State>(settings),
  })
  const inTransaction = (transaction: never) => {
    const inside = {
      ...settings,
      store: untilItFails(store.inTransaction?.(transaction) ?? store),
      retryOutagesFor: 0, // a transaction that has failed stays failed
    }
    const { handleCommand, load } = categoryOn({
      category,
      settings: inside,
      // What is not committed may be rolled back: it is neither cached nor stored as a snapshot.
      snapshots: backgroundSnapshots({}, inside),
      states: stateCache<State>({ ...inside, cachedStates: 0 }),
    })
    return { handleCommand, load }
  }
  const bound = store.inTransaction === undefined ? {} : { inTransaction }
  return { ...open, ...(bound as InTransaction<Store, ReturnType<typeof inTransaction>>) }
}
