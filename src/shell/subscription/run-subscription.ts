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
import type { HandlerContext } from './handler'
import { startSubscription } from './start-subscription'

/** A reader of events whose effects lie outside the store: mails, calls, other databases. */
export interface Subscription<Event> extends SubscriptionOptions {
  /**
   * Where it begins when it is started for the first time under this name. There is no default: from the start it
   * has every effect for everything that ever happened, from the end it has none for what happened before.
   */
  readonly from: SubscriptionStart
  /** What it reads: the types that the codec knows, and no others. */
  readonly events: EventCodec<Event>
  /**
   * Called AT LEAST once for every event: again after a crash between the effect and the checkpoint.
   * `event.id` never changes, so use it to have the effect once. What it needs may be away for a while: a
   * `transientFailure` never counts as poison.
   */
  readonly handle: (
    event: RecordedEvent<Event>,
    context: HandlerContext,
  ) => TaskEither<unknown, void>
}

/** A reader of events whose effects are written in the transaction of its checkpoint. */
export interface TransactionalSubscription<Event, Transaction> extends SubscriptionOptions {
  /** What it reads: the types that the codec knows, and no others. */
  readonly events: EventCodec<Event>
  /**
   * What it writes in `transaction` is kept EXACTLY once for every event. Everything else that it does
   * may happen again.
   */
  readonly handle: (
    event: RecordedEvent<Event>,
    transaction: Transaction,
    context: HandlerContext,
  ) => TaskEither<unknown, void>
}

/** Decodes one event, and runs the caller's handler on it. */
const handleDecoded = <Event>(
  events: EventCodec<Event>,
  stored: StoredEvent,
  handle: (event: RecordedEvent<Event>) => TaskEither<unknown, void>,
): TaskEither<unknown, void> => {
  const event = decodeRecorded({ events }, stored)
  return E.isLeft(event) ? TE.left(event.left) : handle(event.right)
}

/**
 * Runs a subscription: ends with a Right when `signal` is aborted and the event in hand is done, or after
 * `stopTimeout`. Every
 * event is handled at least once, those of one stream in their order. However many processes run it, each
 * partition has one owner at a time.
 *
 * Fails with
 * - `SubscriptionStopped`: the poison policy `stopAfter` has struck, now or before. See `resume`.
 * - `SubscriptionMismatch`: it was created with another number of partitions.
 * - `SubscriptionRemoved`: an operator has removed it.
 * - `StoreFailed`: it could not even be started; it may be started again. Later failures are told to
 *   `onNotice`, and tried again.
 *
 * @example
 * const running = runSubscription({ name: 'mails', from: fromEnd, events, handle })(backend, { signal })()
 */
export const runSubscription =
  <Event>(subscription: Subscription<Event>) =>
  <Transaction>(
    backend: SubscriptionBackend<Transaction>,
    running: RunOptions<SubscriptionNotice>,
  ): TaskEither<SubscriptionError, void> => {
    const { events, handle } = subscription
    const settings = settingsOf(subscription, Object.keys(events.schemaVersions))
    const effects = outsideEffects(backend.subscriptions, (stored, context) =>
      handleDecoded(events, stored, (event) => handle(event, context)),
    )
    return startSubscription(settings, { ...backend, ...running }, effects)
  }

/** The same as {@link runSubscription}, for effects in the checkpoint's own transaction: exactly once. */
export const runSubscriptionInTransaction =
  <Event, Transaction>(subscription: TransactionalSubscription<Event, Transaction>) =>
  (
    backend: SubscriptionBackend<Transaction>,
    running: RunOptions<SubscriptionNotice>,
  ): TaskEither<SubscriptionError, void> => {
    const { events, handle } = subscription
    const settings = settingsOf(subscription, Object.keys(events.schemaVersions))
    const effects = oneByOneEffects<Transaction>(
      backend.subscriptions,
      (stored, transaction, context) =>
        handleDecoded(events, stored, (event) => handle(event, transaction, context)),
    )
    return startSubscription(settings, { ...backend, ...running }, effects)
  }
