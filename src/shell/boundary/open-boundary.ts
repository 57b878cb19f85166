import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Boundary } from '../../core/boundary'
import { type BoundaryQuery, queryCopy, queryProblem } from '../../core/boundary-query'
import { type DeciderThrew, deciderThrew } from '../../core/errors/decision'
import { invalidAppend, type InvalidQuery, invalidQuery } from '../../core/errors/invalid'
import { storeFailed } from '../../core/errors/store'
import type { BoundaryError, BoundaryLoadError } from '../../core/errors/unions'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { StreamStore } from '../../core/ports/event-store'
import type { CommandOptions, CommandResult } from '../category/command'
import { namingSource } from '../category/handed-out'
import { boundaryUntilItFails, type InTransaction } from '../category/in-transaction'
import { throughOutages } from '../category/outages'
import { decodeCommand, sentOptions } from '../category/sent-command'
import { type CategoryOptions, withDefaults } from '../category/settings'
import { streamTurns } from '../category/stream-turns'
import { catching } from '../catching'
import type { Versioned } from '../state/replay'
import { type Effort, type Observed, reportingAnswer } from '../notices/notices'
import { stateCache } from '../state/state-cache'
import { unshared } from '../state/unshared'
import { homeDeclarations } from './declare-homes'
import { handleBoundary } from './handle-boundary'
import { type Remembered, type BoundaryRuntime, readState } from './read-boundary'

/** The options of a command of a boundary. Every key is optional. */
export type BoundaryCommandOptions = Omit<CommandOptions, 'expectedVersion'>

/** A boundary that is connected to a backend. */
export interface OpenBoundary<Command, State, Event, Rejection> {
  /**
   * Validates, reads what the query of the command asks for, decides, and appends on the condition that nothing has come
   * meanwhile which it asks for. When something has, it decides again; after three such rounds it locks first what the
   * decision depends on, so that it gets its answer from the rules.
   *
   * The `version` of the result, and of `Rejected`, says of how many events the state is made.
   *
   * Fails with
   * - `InvalidCommand`: it does not match its codec. Nothing was read.
   * - `InvalidQuery`: the query of the command is not valid. Nothing was read.
   * - `Rejected`: the decider said no; `rejection` is its reason.
   * - `BoundaryConflict`: another writer was faster at every attempt.
   * - `CommandIdReused`: another command was handled under this `commandId`.
   * - `UndecodableEvent`: an event matches the query that the codec cannot read.
   * - `UnencodableEvent`, `LimitExceeded`, `InvalidAppend`, `InvalidStreamId`: the decided events cannot be stored; also
   *   32 tags or more, and a home that is no stream.
   * - `DeciderThrew`: the decider, a codec, an upcaster, `query`, `tags` or `home` threw.
   * - `ProjectionFailed`: an inline projection failed.
   * - `Overloaded`: too many commands wait for one of the tags already.
   * - `StoreFailed`: the store rejected the append or did not answer. With outcome `unknown` the command may have had its
   *   effect: send it again with the same command id.
   *
   * Except for that last case, nothing was written.
   */
  readonly handleCommand: (
    command: Command,
    options?: BoundaryCommandOptions,
  ) => TaskEither<BoundaryError<Rejection>, CommandResult<State, Event>>
  /**
   * The same for a command from outside, of which nothing is known yet: the body of a request. Fails as `handleCommand`
   * does.
   */
  readonly handle: (
    body: unknown,
    options?: BoundaryCommandOptions,
  ) => TaskEither<BoundaryError<Rejection>, CommandResult<State, Event>>
  /**
   * The state that a command with this query would be decided on now, and of how many events it is made.
   *
   * Fails with
   * - `InvalidQuery`: nothing was read.
   * - `UndecodableEvent`: an event matches that the codec cannot read.
   * - `DeciderThrew`: `evolve`, a codec or an upcaster threw.
   * - `StoreFailed`: the store rejected the query or did not answer.
   */
  readonly load: (query: BoundaryQuery) => TaskEither<BoundaryLoadError, Versioned<State>>
}

/** A boundary inside a transaction that the caller has begun, READ COMMITTED, and commits or rolls back. */
export type BoundaryInTransaction<Command, State, Event, Rejection> = Pick<
  OpenBoundary<Command, State, Event, Rejection>,
  /**
   * With the same errors. After every one of them but `StoreFailed` the transaction can go on. What it has locked stays
   * locked until its end: others who depend on the same tags wait.
   */
  | 'handleCommand'
  /** The state as the transaction sees it. */
  | 'load'
>

/** A store that can decide across streams, and may be able to do so inside a transaction of the caller's. */
export type BoundaryCapableStore = StreamStore &
  BoundaryStore & {
    readonly inTransaction?: (transaction: never) => StreamStore & BoundaryStore
  }

/** A copy of a valid query, or why it is none. */
const takenQuery = (query: unknown): E.Either<InvalidQuery, BoundaryQuery> => {
  const problem = queryProblem(query)
  return problem === undefined
    ? E.right(queryCopy(query as BoundaryQuery))
    : E.left(invalidQuery(problem))
}

const queryOf = <Command>(
  { name, query }: Pick<Boundary<Command, never, never, never>, 'name' | 'query'>,
  command: Command,
): E.Either<InvalidQuery | DeciderThrew, BoundaryQuery> => {
  const query_ = catching(() => query(command))
  return E.isLeft(query_)
    ? E.left(deciderThrew(name, 0, 'query', query_.left))
    : takenQuery(query_.right)
}

const boundaryOn = <Command, State, Event, Rejection>(
  runtime: BoundaryRuntime<{
    readonly command: Command
    readonly state: State
    readonly event: Event
    readonly rejection: Rejection
  }>,
): OpenBoundary<Command, State, Event, Rejection> => {
  const { boundary, settings } = runtime
  const inTurn = streamTurns(settings.queueDepth)

  type Handle = OpenBoundary<Command, State, Event, Rejection>['handle']

  const answer = async (
    body: unknown,
    options: Parameters<Handle>[1] = {},
    effort?: Effort,
  ): Promise<Awaited<ReturnType<ReturnType<Handle>>>> => {
    const command = decodeCommand(boundary, body)
    if (E.isLeft(command)) return command
    const query = queryOf(boundary, command.right)
    if (E.isLeft(query)) return query
    const sent = sentOptions(options, body)
    if (E.isLeft(sent)) {
      return E.left(invalidAppend(boundary.name, 'its metadata cannot be read'))
    }
    const { expectedVersion: _none, ...own } = sent.right
    // The tags that an append on its condition locks: whoever shares none of them does not wait.
    const locked = [...new Set(query.right.map(({ tags: [tag] }) => tag))]
    const unit = { command: command.right, query: query.right, options: own }
    const send = () =>
      inTurn(locked, async () => {
        try {
          const handled = await handleBoundary(runtime, unit, effort)
          if (E.isLeft(handled)) return handled
          const home = handled.right.events[0]?.streamId
          return E.right(namingSource(runtime.store, home, handled.right))
        } catch (cause) {
          return E.left(storeFailed('Unexpected', 'unknown', cause))
        }
      })
    return settings.retryOutagesFor === 0
      ? send()
      : throughOutages(settings, own.commandId !== undefined, send)
  }

  const { onHandled } = settings
  const handle: Handle =
    onHandled === undefined
      ? (body, options) => () => answer(body, options)
      : (body, options) => () => {
          const told = { category: boundary.name, body }
          const handling = (effort: Effort) => answer(body, options, effort)
          return reportingAnswer(onHandled, told, handling, ({ events }) => events.length)
        }

  return {
    handleCommand: handle,
    handle,
    load: (query) => async () => {
      const taken = takenQuery(query)
      if (E.isLeft(taken)) return taken
      const current = await readState(runtime, taken.right)
      if (E.isLeft(current)) return current
      const { state, version } = current.right
      return E.right({ state: unshared(state), version })
    },
  }
}

/**
 * Connects a boundary to a backend. Never fails, and reads nothing yet: the errors are those of the functions of
 * {@link OpenBoundary}. Commands of one process that depend on the same tag take turns, so that they do not meet as
 * conflicts; what they depend on is kept in memory, and never trusted without the condition of the append.
 *
 * On a store that can work inside a transaction of the caller's (`postgres`), the boundary can, too:
 * `enrolment.inTransaction(transaction)` is a {@link BoundaryInTransaction}.
 *
 * @param backend - a store that can append on conditions: `memory()`, `postgres(db)`.
 *
 * @example
 * const enrolment = openBoundary(courseEnrolment, memory())
 * const result = await enrolment.handleCommand({ type: 'TakeSeat', course: 'math', student: 'ada' })()
 */
export const openBoundary = <
  Command,
  State,
  Event,
  Rejection,
  Store extends BoundaryCapableStore = StreamStore & BoundaryStore,
>(
  boundary: Boundary<Command, State, Event, Rejection>,
  { store, onAnyNotice }: { readonly store: Store } & Observed,
  options: CategoryOptions = {},
): OpenBoundary<Command, State, Event, Rejection> &
  InTransaction<Store, BoundaryInTransaction<Command, State, Event, Rejection>> => {
  const settings = withDefaults(store, options, { onAnyNotice })
  const homes = homeDeclarations(store)
  const open = boundaryOn({
    boundary,
    store,
    settings,
    homes,
    states: stateCache<Remembered<State>>(settings),
  })
  const inTransaction = (transaction: never) => {
    const inside = boundaryUntilItFails(store.inTransaction?.(transaction) ?? store)
    const { handleCommand, load } = boundaryOn({
      boundary,
      store: inside,
      // A transaction that has failed stays failed.
      settings: { ...settings, store: inside, retryOutagesFor: 0 },
      // What is declared here may be rolled back.
      homes: homeDeclarations(inside, homes.declared),
      // What is not committed may be rolled back: it is not kept.
      states: stateCache<Remembered<State>>({ ...settings, cachedStates: 0 }),
    })
    return { handleCommand, load }
  }
  const bound = store.inTransaction === undefined ? {} : { inTransaction }
  return { ...open, ...(bound as InTransaction<Store, ReturnType<typeof inTransaction>>) }
}
