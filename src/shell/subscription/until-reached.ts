import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import {
  eventParked,
  notReachedYet,
  subscriptionRemoved,
  subscriptionStopped,
  type WaitError,
} from '../../core/errors/subscription'
import type { Backend } from '../../core/ports/backend'
import type { Arrival, SubscriptionStore } from '../../core/ports/subscription-store'
import type { Position, SourcePosition, StreamId } from '../../core/stream'
import { LONGEST_TIMER, setting } from '../../core/setting'
import { backoff } from '../../core/back-off'
import { clearTimeout, performance, setTimeout, sleep } from '../../platform/node'

/** In milliseconds. */
const MIN_POLL_INTERVAL = 5
const MAX_POLL_INTERVAL = 100

/** How much longer than the timeout to wait for an answer of the store. Milliseconds. */
const GRACE = 250

const unanswered = storeFailed(
  'TimedOut',
  'nothingWritten',
  undefined,
  'the store did not answer in time how far the subscription is',
)

/** The store's answer, or {@link unanswered} after so many milliseconds. */
const answerWithin = <Failure, Value>(
  query: TaskEither<Failure, Value>,
  milliseconds: number,
): Promise<E.Either<Failure | StoreFailed, Value>> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(E.left(unanswered))
    }, milliseconds)
    query()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })

/** A subscription, and how far it is. `undefined`: there is no such subscription. */
export interface Look {
  readonly subscription: string
  readonly arrival: Arrival | undefined
}

/** Why the position will not be reached unless an operator acts, or `undefined`. */
const unreachable = ({ subscription, arrival }: Look, wanted: Position): WaitError | undefined => {
  if (arrival?.parked !== undefined) return eventParked(subscription, arrival.parked)
  if (arrival?.stopped === undefined || arrival.position >= wanted) return undefined
  return subscriptionStopped(subscription, arrival.stopped.partition, arrival.stopped.failure)
}

/**
 * Polls how far something has come, until that is far enough, the position cannot be reached, or the time is
 * over.
 *
 * @param timeout - in milliseconds. NaN counts as 0.
 */
export const waitFor = async <Failure>(
  look: TaskEither<Failure, Look>,
  position: Position,
  timeout: number,
): Promise<E.Either<WaitError | Failure, Position>> => {
  const end = performance.now() + setting(timeout, 0, 0, LONGEST_TIMER - GRACE)
  let before: string | undefined
  let missing = 0
  for (let looks = 1; ; looks++) {
    const seen = await answerWithin(look, Math.max(0, end - performance.now()) + GRACE)
    if (E.isLeft(seen)) return seen
    const { subscription, arrival } = seen.right
    const why = unreachable(seen.right, position)
    if (why !== undefined) return E.left(why)
    if (arrival !== undefined && arrival.position >= position) return E.right(arrival.position)
    // Readers may switch to another build between two polls, and the old one is removed: poll twice.
    missing = arrival === undefined && before === subscription ? missing + 1 : 0
    if (missing > 1) return E.left(subscriptionRemoved(subscription))
    if (arrival !== undefined) before = subscription
    if (performance.now() >= end) {
      return E.left(notReachedYet(subscription, position, arrival?.position))
    }
    const interval = backoff(MIN_POLL_INTERVAL, MAX_POLL_INTERVAL, looks)
    await sleep(Math.min(interval, Math.max(0, end - performance.now())))
  }
}

/** One source whose subscriptions are waited for. */
export interface WatchedSource<Transaction> extends Pick<Backend<Transaction>, 'subscriptions'> {
  /** Its name, if it is one of several sources. */
  readonly source?: string
}

/** What is waited on: a source, or a backend with several of them. */
export type WaitsOn<Transaction> =
  WatchedSource<Transaction> | { readonly sources: ReadonlyArray<WatchedSource<Transaction>> }

/** Waits for a subscription. See {@link untilReached}. */
export interface UntilReached {
  (
    subscription: string,
    position: Position,
    timeout: number,
    streamId?: StreamId,
  ): <Transaction>(
    source: Pick<Backend<Transaction>, 'subscriptions'>,
  ) => TaskEither<WaitError, Position>
  (
    subscription: string,
    position: SourcePosition,
    timeout: number,
    streamId?: StreamId,
  ): <Transaction>(backend: WaitsOn<Transaction>) => TaskEither<WaitError, Position>
}

/**
 * The failure to find a source by the name that was given with a position.
 *
 * @param names - of those that there are.
 */
export const noSuchSource = (
  source: string | undefined,
  names: ReadonlyArray<string | undefined>,
): StoreFailed =>
  storeFailed(
    'DataRefused',
    'nothingWritten',
    undefined,
    source === undefined
      ? `the position names no source, and there are several: ${names.join(', ')}`
      : `the position is of the source ${source}, and there is ${names.join(', ')}`,
  )

/** The source of a position. One that has no name, or alone, takes a position that names none. */
export const sourceFor = <Transaction>(
  backend: WaitsOn<Transaction>,
  source: string | undefined,
): E.Either<StoreFailed, WatchedSource<Transaction>> => {
  const all = 'sources' in backend ? backend.sources : [backend]
  const [only, another] = all
  if (source === undefined && only !== undefined && another === undefined) return E.right(only)
  const found = all.find((one) => one.source === source && source !== undefined)
  return found === undefined
    ? E.left(
        noSuchSource(
          source,
          all.map((one) => one.source ?? 'one source without a name'),
        ),
      )
    : E.right(found)
}

/**
 * Waits until a subscription is done with everything up to `position`: for read-your-own-writes. A held stream
 * does not delay this, unless it is the stream of the awaited event. Answers the position reached.
 *
 * @param position - of the awaited event. 0 or more. On a backend with several sources, with the source that the answer to the
 *   command has named: `{ position, source }`, which is taken on every backend; or the number alone, on one of its sources.
 * @param timeout - in milliseconds, up to 24 days. 0 or less: looks once.
 * @param streamId - the stream of the awaited event. With it, an event that is held back by a parked event of
 *   its stream is recognised; without it, only an event that is parked itself.
 *
 * Fails at once with
 * - `SubscriptionStopped`: it is stopped until an operator resumes it.
 * - `EventParked`: the event, or one before it in its stream, is parked until an operator decides.
 * - `SubscriptionRemoved`: it was removed meanwhile.
 * - `StoreFailed`: the store rejected the query, or did not answer in time; with reason `DataRefused` there is no such source.
 *
 * Fails with `NotReachedYet` when the time is over.
 *
 * @example
 * const handled = await accounts.handleCommand('A1', deposit(10))()
 * const position = E.isRight(handled) ? handled.right.events.at(-1)?.position : undefined
 * if (position !== undefined) await untilReached('mails', position, 2_000)(backend)()
 */
export const untilReached: UntilReached =
  (
    subscription: string,
    awaited: Position | SourcePosition,
    timeout: number,
    streamId?: StreamId,
  ) =>
  <Transaction>(backend: WaitsOn<Transaction>): TaskEither<WaitError, Position> =>
  () => {
    const { position, source } = placeOf(awaited)
    // A number was given for this very source, whatever its name.
    const found =
      typeof awaited === 'number' && !('sources' in backend)
        ? E.right(backend)
        : sourceFor(backend, source)
    if (E.isLeft(found)) return Promise.resolve(found)
    const { subscriptions } = found.right
    return waitFor(lookAt(subscriptions, subscription, position, streamId), position, timeout)
  }

/** A position, with its source if that was given. */
export const placeOf = (awaited: Position | SourcePosition): SourcePosition =>
  typeof awaited === 'number' ? { position: awaited, source: undefined } : awaited

/** How far a subscription is, for a caller that waits for the event at `position`. */
export const lookAt =
  <Transaction>(
    subscriptions: Pick<SubscriptionStore<Transaction>, 'arrival'>,
    subscription: string,
    position: Position,
    streamId?: StreamId,
  ): TaskEither<StoreFailed, Look> =>
  async () => {
    const arrival = await subscriptions.arrival(subscription, position, streamId)()
    return E.isLeft(arrival) ? arrival : E.right({ subscription, arrival: arrival.right })
  }
