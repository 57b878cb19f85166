import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type FencedOff, fencedOff, handlerFailed } from '../../core/errors/subscription'
import type { HandlerFailed, SubscriptionStopped } from '../../core/errors/subscription'
import type { StoreFailed } from '../../core/errors/store'
import type { Progress, SubscriptionStore } from '../../core/ports/subscription-store'
import type { StoredEvent } from '../../core/recorded-event'

/** What keeps a step from being made. */
export type StepError = StoreFailed | FencedOff | HandlerFailed

/** How the events of a batch have their effect, and how that is saved. */
export interface Effects {
  /**
   * Handles the events in their order, then saves the step. Fails with `HandlerFailed` at the first
   * event that cannot be handled: then the step is not saved. When it {@link isSpoiled}, one of several
   * events is to blame and nobody knows which: make them one by one.
   */
  readonly make: (
    events: ReadonlyArray<StoredEvent>,
    step: Progress,
    mayWork: () => boolean,
  ) => Promise<E.Either<StepError, void>>
  /**
   * What of the events before a failed one must be handled again: all of them, if their effect was
   * undone together with it; none, if it stays.
   */
  readonly toRepeat: (before: ReadonlyArray<StoredEvent>) => ReadonlyArray<StoredEvent>
}

/** Handles some events inside a transaction. */
export type TransactionHandler<Transaction> = (
  events: ReadonlyArray<StoredEvent>,
  transaction: Transaction,
) => TE.TaskEither<HandlerFailed | StoreFailed, void>

/** Whether a handler has passed over the failure of a statement, and so has spoiled the transaction. */
export const isSpoiled = (error: StepError | SubscriptionStopped): boolean =>
  error._tag === 'StoreFailed' && error.reason === 'TransactionAborted'

/** A transaction that one event has spoiled is a failure of that event, and not of the store. */
const blaming = (
  events: ReadonlyArray<StoredEvent>,
  { lease }: Progress,
  error: StepError,
): StepError => {
  const [event, ...others] = events
  return event !== undefined && others.length === 0 && isSpoiled(error)
    ? handlerFailed(lease.subscription, event.position, error)
    : error
}

/** Effects that are committed with the checkpoint: each event has its effect exactly once. */
export const transactionEffects = <Transaction>(
  subscriptions: SubscriptionStore<Transaction>,
  handle: TransactionHandler<Transaction>,
): Effects => ({
  make: (events, step) =>
    (events.length === 0
      ? subscriptions.save(step)
      : pipe(
          subscriptions.commit(step, (transaction) => handle(events, transaction)),
          TE.mapLeft((error) => blaming(events, step, error)),
        ))(),
  toRepeat: (before) => before,
})

/**
 * Effects outside: each event has its effect at least once, and the checkpoint follows.
 *
 * @param handle - never rejects, see {@link catchTask}.
 */
export const outsideEffects = <Transaction>(
  subscriptions: SubscriptionStore<Transaction>,
  handle: (event: StoredEvent) => TE.TaskEither<unknown, void>,
): Effects => ({
  make: async (events, step, mayWork) => {
    const { subscription, partition, token } = step.lease
    for (const event of events) {
      // An owner that was frozen past its lease sees it here, before anything else happens.
      if (!mayWork()) return E.left(fencedOff(subscription, partition, token))
      const done = await handle(event)()
      if (E.isLeft(done)) return E.left(handlerFailed(subscription, event.position, done.left))
    }
    return subscriptions.save(step)()
  },
  toRepeat: () => [],
})
