import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendedTogether, AppendTogetherRequest } from '../../core/append-together'
import { type BoundaryConflict, boundaryConflict } from '../../core/errors/conflict'
import { type StoreFailed, storeFailed } from '../../core/errors/store'
import type {
  AppendTogetherError,
  BoundaryError,
  BoundaryLoadError,
} from '../../core/errors/unions'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { CategoryTypes, CommandResult } from '../category/command'
import { jitteredBackoff } from '../category/settings'
import type { Effort } from '../notices/notices'
import { unshared } from '../state/unshared'
import { answeredBefore } from './command-records'
import {
  type BoundaryCommand,
  type BoundaryDecision,
  decideBoundary,
  recordedByHome,
} from './decide-boundary'
import {
  type BoundaryRuntime,
  outdate,
  readState,
  recalled,
  remember,
  type Sighted,
} from './read-boundary'

type Answer<Of extends CategoryTypes> = E.Either<
  BoundaryError<Of['rejection']>,
  CommandResult<Of['state'], Of['event']>
>

/** What was decided on which state. */
interface Decided<Of extends CategoryTypes> {
  readonly base: Sighted<Of['state']>
  /** The state was read just now. */
  readonly isRead: boolean
  readonly decision: ReturnType<typeof decideBoundary<Of>>
}

/** What is to be appended. */
interface Wanted<Of extends CategoryTypes> extends Decided<Of> {
  readonly decision: E.Right<BoundaryDecision<Of['state'], Of['event']>>
}

/** How one round of deciding and appending has ended. */
type Round<Of extends CategoryTypes> =
  | { readonly _tag: 'Answered'; readonly answer: Answer<Of> }
  /** The state in memory may be an old one: what follows from it is worth nothing. */
  | { readonly _tag: 'Reload' }
  /** Something came that matches the query, or the transaction was refused. */
  | {
      readonly _tag: 'Overtaken'
      readonly error: BoundaryConflict | StoreFailed
      readonly wanted: Wanted<Of>
    }

/** After so many rounds that were lost to others, the next ones lock what they depend on before they read it. */
const LOST_ROUNDS = 3

const answered = <Of extends CategoryTypes>(answer: Answer<Of>): Round<Of> => ({
  _tag: 'Answered',
  answer,
})

const isWanted = <Of extends CategoryTypes>(decided: Decided<Of>): decided is Wanted<Of> =>
  E.isRight(decided.decision) && decided.decision.right.request.streams.length > 0

/** A decision that appends nothing: a rejection, or that there is nothing to do. */
const conclude = async <Of extends CategoryTypes>(
  runtime: BoundaryRuntime<Of>,
  { query, options }: BoundaryCommand<Of['command']>,
  { base, isRead, decision }: Decided<Of>,
): Promise<Round<Of>> => {
  if (!isRead) return { _tag: 'Reload' }
  if (E.isRight(decision)) {
    const { version } = base
    return answered(E.right({ events: [], state: unshared(base.state), version }))
  }
  // A rejection may only mean that this very command was handled before: its id shows that.
  const before = await answeredBefore(runtime, query, options)
  if (E.isLeft(before)) return answered(before)
  return answered(before.right === undefined ? decision : E.right(before.right))
}

/** What was decided was sent to the store. */
const afterAppend = async <Of extends CategoryTypes>(
  runtime: BoundaryRuntime<Of>,
  { query, options }: BoundaryCommand<Of['command']>,
  wanted: Wanted<Of>,
  appended: E.Either<AppendTogetherError, AppendedTogether>,
): Promise<Round<Of>> => {
  const { homes, next } = wanted.decision.right
  if (E.isRight(appended)) {
    const { streams, sight } = appended.right
    if (sight?.count === 0) remember(runtime, query, next, sight)
    const events = recordedByHome(homes, streams)
    return answered(E.right({ events, state: unshared(next.state), version: next.version }))
  }
  const error = appended.left
  switch (error._tag) {
    case 'CommandAlreadyHandled': {
      outdate(runtime, query, wanted.base.upTo)
      const before = await answeredBefore(runtime, query, options)
      if (E.isLeft(before)) return answered(before)
      return before.right === undefined
        ? answered(E.left(storeFailed('CorruptRow', 'nothingWritten', error)))
        : answered(E.right(before.right))
    }
    case 'BoundaryConflict':
      outdate(runtime, query, error.position)
      return { _tag: 'Overtaken', error, wanted }
    case 'VersionConflicts': // every stream was named at any version
      return answered(E.left(storeFailed('Unexpected', 'nothingWritten', error)))
    case 'StoreFailed':
      outdate(runtime, query, wanted.base.upTo)
      return error.reason === 'TransactionRefused'
        ? { _tag: 'Overtaken', error, wanted }
        : answered(E.left(error))
    case 'InvalidStreamId':
    case 'StreamErased':
    case 'StreamClosed':
    case 'InvalidAppend':
    case 'UnencodableEvent':
    case 'LimitExceeded':
    case 'ProjectionFailed':
    case 'Overloaded':
      return answered(E.left(error))
  }
}

/** Decides on the state in memory or in the store, and appends if nothing has come meanwhile. */
const tryRound = async <Of extends CategoryTypes>(
  runtime: BoundaryRuntime<Of>,
  command: BoundaryCommand<Of['command']>,
  known: Sighted<Of['state']> | undefined,
): Promise<Round<Of>> => {
  const base = known === undefined ? await readState(runtime, command.query) : E.right(known)
  if (E.isLeft(base)) return answered(base)
  const decision = decideBoundary(runtime, command, base.right)
  const decided = { base: base.right, isRead: known === undefined, decision }
  if (!isWanted(decided)) return conclude(runtime, command, decided)
  const declared = await runtime.homes.declare(decided.decision.right.request)
  if (E.isLeft(declared)) return answered(declared)
  const appended = await runtime.store.appendTogether(decided.decision.right.request)()
  return afterAppend(runtime, command, decided, appended)
}

/** Why nothing is appended once the locks are held. `Undeclared`: its home is another one than was likely. */
interface Settled<Of extends CategoryTypes> {
  readonly _tag: 'Settled'
  readonly by: E.Left<BoundaryLoadError> | Decided<Of> | { readonly _tag: 'Undeclared' }
}

const settled = <Of extends CategoryTypes>(by: Settled<Of>['by']): E.Left<Settled<Of>> => ({
  _tag: 'Left',
  left: { _tag: 'Settled', by },
})

/** Takes the locks first: then nobody can be faster, and whoever comes too late is told so by the rules. */
const lockedRound = async <Of extends CategoryTypes>(
  runtime: BoundaryRuntime<Of>,
  command: BoundaryCommand<Of['command']>,
  likely: Wanted<Of>,
): Promise<Round<Of>> => {
  let wanted = likely
  const decide =
    (readMatching: BoundaryStore['readMatching']): TaskEither<Settled<Of>, AppendTogetherRequest> =>
    async () => {
      const base = await readState(runtime, command.query, readMatching)
      if (E.isLeft(base)) return settled<Of>(base)
      const decision = decideBoundary(runtime, command, base.right)
      const decided: Decided<Of> = { base: base.right, isRead: true, decision }
      if (!isWanted(decided)) return settled(decided)
      wanted = decided
      const { request } = decided.decision.right
      // Not here: the connection that it takes may be the one that all others wait for.
      return runtime.homes.areDeclared(request)
        ? E.right(request)
        : settled<Of>({ _tag: 'Undeclared' })
    }
  const appended = await runtime.store.appendLocked(likely.decision.right.request, decide)()
  if (E.isRight(appended)) return afterAppend(runtime, command, wanted, appended)
  if (appended.left._tag !== 'Settled') {
    return afterAppend(runtime, command, wanted, E.left(appended.left))
  }
  const { by } = appended.left
  if ('_tag' in by && by._tag === 'Undeclared') {
    const declared = await runtime.homes.declare(wanted.decision.right.request)
    return E.isLeft(declared) ? answered(declared) : { _tag: 'Reload' }
  }
  return '_tag' in by ? answered(by) : conclude(runtime, command, by)
}

const withAttempts = (
  error: BoundaryConflict | StoreFailed,
  attempts: number,
): BoundaryConflict | StoreFailed =>
  error._tag === 'BoundaryConflict'
    ? boundaryConflict(error.query, error.position, attempts)
    : error

/**
 * The command loop of a boundary: recall or read the state, decide, append on the condition that nothing has come which
 * the query asks for. When something has, nothing is stored, and it is decided again: on what is there by then, and
 * after {@link LOST_ROUNDS} lost rounds with everything locked that it depends on.
 */
export const handleBoundary = async <Of extends CategoryTypes>(
  runtime: BoundaryRuntime<Of>,
  command: BoundaryCommand<Of['command']>,
  effort?: Effort,
): Promise<Answer<Of>> => {
  const { retry, random, wait, onNotice } = runtime.settings
  let known = recalled(runtime, command.query)
  let lost: Wanted<Of> | undefined
  let attempts = 1
  for (;;) {
    if (effort !== undefined) {
      effort.attempts += 1
      effort.group = 1
      effort.isCached &&= known !== undefined
    }
    const round: Round<Of> =
      lost === undefined || attempts <= LOST_ROUNDS
        ? await tryRound(runtime, command, known)
        : await lockedRound(runtime, command, lost)
    if (round._tag === 'Answered') return round.answer
    known = undefined
    if (round._tag === 'Reload') continue
    const { error, wanted } = round
    if (attempts >= retry.attempts) return E.left(withAttempts(error, attempts))
    lost = wanted
    if (error._tag === 'BoundaryConflict') {
      const { position } = error
      const boundary = runtime.boundary.name
      onNotice({ _tag: 'BoundaryDecidedAgain', boundary, position, attempts })
    }
    if (attempts < LOST_ROUNDS) await wait(jitteredBackoff(retry, attempts, random()))
    attempts += 1
  }
}
