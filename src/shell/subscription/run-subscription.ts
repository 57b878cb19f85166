import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { EventCodec } from '../../core/codec/event-codec'
import type { SubscriptionError } from '../../core/errors/subscription'
import type { RecordedEvent, StoredEvent } from '../../core/recorded-event'
import type { SubscriptionStart } from '../../core/subscription-start'
import { decodeRecorded } from '../state/replay'
import { type SubscriptionOptions, settingsOf } from './definition'
import { oneByOneEffects, outsideEffects } from './effects'
import type { RunOptions, SubscriptionBackend, SubscriptionNotice } from './environment'
import type { HandlerContext } from '../../core/handler-context'
import { onEachSource, type OnSources, runningOnSources } from '../sources'
import { startSubscription } from './start-subscription'

/** A reader of events whose effects are outside the store: mails, calls, other databases. */
export interface Subscription<Event> extends SubscriptionOptions {
  /**
   * Where it begins when it is started for the first time under this name. There is no default: from the start,
   * every event that was ever stored has its effect; from the end, no earlier event has any.
   */
  readonly from: SubscriptionStart
  /** The events it receives: the types that the codec knows, and no others. */
  readonly events: EventCodec<Event>
  /**
   * Called AT LEAST once for every event: again after a crash between the effect and the checkpoint.
   * `event.id` never changes, so use it to make the effect idempotent. When something it depends on is
   * unavailable, answer a `transientFailure`: that never counts as an attempt. Any other Left, a rejected promise or
   * an exception is a failed attempt: see {@link PoisonPolicy}.
   */
  readonly handle: (
    event: RecordedEvent<Event>,
    context: HandlerContext,
  ) => TaskEither<unknown, void>
}

/** A reader of events whose effects are written in the transaction of its checkpoint. */
export interface TransactionalSubscription<Event, Transaction> extends SubscriptionOptions {
  /** The events it receives: the types that the codec knows, and no others. */
  readonly events: EventCodec<Event>
  /**
   * What it writes in `transaction` is stored EXACTLY once for every event. Any other effect may happen again. A Left, a
   * rejected promise or an exception rolls it back, and is a failed attempt: see {@link PoisonPolicy}.
   */
  readonly handle: (
    event: RecordedEvent<Event>,
    transaction: Transaction,
    context: HandlerContext,
  ) => TaskEither<unknown, void>
}

/** Decodes one event and runs the application's handler on it. */
const handleDecoded = <Event>(
  events: EventCodec<Event>,
  stored: StoredEvent,
  handle: (event: RecordedEvent<Event>) => TaskEither<unknown, void>,
): TaskEither<unknown, void> => {
  const event = decodeRecorded({ events }, stored)
  return E.isLeft(event) ? TE.left(event.left) : handle(event.right)
}

/**
 * Runs a subscription. Ends with a Right when `signal` is aborted and the current event is done, or after
 * `stopTimeout`. Every event is handled at least once, those of one stream in their order. However many
 * processes run it, each partition has one owner at a time.
 *
 * Fails with
 * - `SubscriptionStopped`: the poison policy `stopAfter` has stopped it, now or before. See `resume`.
 * - `SubscriptionMismatch`: it was created with another number of partitions.
 * - `SubscriptionRemoved`: an operator has removed it.
 * - `CheckpointAhead`, `OtherLineage`: its checkpoint does not belong to this store (a restore?).
 * - `StoreFailed`: it could not be started; it may be started again. Later failures are reported to `onNotice`
 *   and retried.
 *
 * @example
 * const running = runSubscription({
 *   name: 'mails',
 *   from: fromEnd,
 *   events: accountEvents,
 *   handle: ({ event }) => sendMail(event),
 * })(backend, { signal })()
 */
export const runSubscription = <Event>(subscription: Subscription<Event>) =>
  runningOnSources(
    <Transaction>(
      backend: OnSources<SubscriptionBackend<Transaction>>,
      running: RunOptions<SubscriptionNotice>,
    ): TaskEither<SubscriptionError, void> => {
      const { events, handle } = subscription
      const settings = settingsOf(subscription, Object.keys(events.schemaVersions))
      return onEachSource(backend, running, (source, options) => {
        const effects = outsideEffects(source.subscriptions, (stored, context) =>
          handleDecoded(events, stored, (event) => handle(event, context)),
        )
        return startSubscription(settings, { ...source, ...options }, effects)
      })
    },
  )

/**
 * The same as {@link runSubscription}, for effects in the transaction of the checkpoint: exactly once. Fails
 * with the errors of {@link runSubscription}.
 *
 * @example
 * const running = runSubscriptionInTransaction({
 *   name: 'deposits',
 *   events: accountEvents,
 *   handle: ({ event }, transaction: Transaction<Database>) => insertDeposit(event, transaction),
 * })(backend, { signal })()
 */
export const runSubscriptionInTransaction = <Event, Transaction>(
  subscription: TransactionalSubscription<Event, Transaction>,
) =>
  runningOnSources(
    (
      backend: OnSources<SubscriptionBackend<Transaction>>,
      running: RunOptions<SubscriptionNotice>,
    ): TaskEither<SubscriptionError, void> => {
      const { events, handle } = subscription
      const settings = settingsOf(subscription, Object.keys(events.schemaVersions))
      return onEachSource(backend, running, (source, options) => {
        const effects = oneByOneEffects<Transaction>(
          source.subscriptions,
          (stored, transaction, context) =>
            handleDecoded(events, stored, (event) => handle(event, transaction, context)),
        )
        return startSubscription(settings, { ...source, ...options }, effects)
      })
    },
  )
