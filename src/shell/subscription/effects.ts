import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { type LeaseLost, leaseLost, handlerFailed } from '../../core/errors/subscription'
import type { HandlerFailed } from '../../core/errors/subscription'
import type { StoreFailed } from '../../core/errors/store'
import { isCausedByWork } from '../../core/fault'
import type { StepEnd, StepStart, SubscriptionStore } from '../../core/ports/subscription-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { HandlerContext } from '../../core/handler-context'
import { type HandlerBounds, handlerRunner } from './handler'

/** Why a step failed. */
export type StepError = StoreFailed | LeaseLost | HandlerFailed

/** Events to be handled in one step. */
export interface Batch extends StepStart {
  /** In the order of their positions. */
  readonly events: ReadonlyArray<StoredEvent>
  /** Where the step ends when only the first `handled` of them are done: it may be cut short. */
  readonly endAt: (handled: number) => StepEnd
}

/** When a batch is cut short. */
export interface Pace extends HandlerBounds {
  /**
   * Called before each event. `enough`: save what was handled so far. `lost`: the lease has expired, as far as
   * this process can know.
   */
  readonly next: (handled: number) => 'go' | 'enough' | 'lost'
}

/** How the effects of a batch are produced and saved. */
export interface Effects {
  /**
   * Handles the events in their order, then saves the step. Answers how many were handled: fewer than given
   * when the batch was cut short. Fails with `HandlerFailed` at the first event that cannot be handled: then
   * the step is not saved. When the error {@link isCausedByWork}, one of several events has caused it and it is
   * not known which: handle fewer at a time.
   */
  readonly make: (batch: Batch, pace: Pace) => Promise<E.Either<StepError, number>>
  /**
   * Which of the events before a failed one must be handled again: all of them, if their effects were rolled
   * back with it; none, if their effects stay.
   */
  readonly toRepeat: (before: ReadonlyArray<StoredEvent>) => ReadonlyArray<StoredEvent>
}

const failLeaseLost = ({ lease: { subscription, partition, token } }: Batch) =>
  E.left(leaseLost(subscription, partition, token))

/** If a single event has broken the transaction, that is a failure of the event, not of the store. */
const attributed = ({ events, lease }: Batch, error: StepError): StepError => {
  const [event, ...others] = events
  return event !== undefined && others.length === 0 && isCausedByWork(error)
    ? handlerFailed(lease.subscription, event.position, error)
    : error
}

/** Handles events inside a transaction. Answers how many. */
type Work<Transaction> = (
  batch: Batch,
  transaction: Transaction,
  pace: Pace,
) => Promise<E.Either<HandlerFailed | StoreFailed, number>>

const inTransaction = <Transaction>(
  { save, commit }: SubscriptionStore<Transaction>,
  work: Work<Transaction>,
): Effects => ({
  make: async (batch, pace) => {
    const { lease, after, events, endAt } = batch
    if (events.length === 0) {
      const saved = await save({ lease, after, ...endAt(0) })()
      return E.isLeft(saved) ? saved : E.right(0)
    }
    let handled = 0
    const committed = await commit({ lease, after }, (transaction) => async () => {
      const worked = await work(batch, transaction, pace)
      if (E.isLeft(worked)) return worked
      handled = worked.right
      return E.right(endAt(handled))
    })()
    // The work of a running handler is rolled back: its signal was aborted.
    if (pace.abandonment.isAbandoned() && E.isLeft(committed)) return failLeaseLost(batch)
    if (E.isLeft(committed)) return E.left(attributed(batch, committed.left))
    return handled < events.length && pace.next(handled) === 'lost'
      ? failLeaseLost(batch)
      : E.right(handled)
  },
  toRepeat: (before) => before,
})

/** Handles events inside a transaction, all of them at once. */
export type TransactionHandler<Transaction> = (
  events: ReadonlyArray<StoredEvent>,
  transaction: Transaction,
  bounds: HandlerBounds,
) => TaskEither<HandlerFailed | StoreFailed, void>

/** Effects that are committed with the checkpoint: each event has its effect exactly once. */
export const transactionEffects = <Transaction>(
  subscriptions: SubscriptionStore<Transaction>,
  handle: TransactionHandler<Transaction>,
): Effects =>
  inTransaction(subscriptions, async ({ events }, transaction, bounds) => {
    const done = await handle(events, transaction, bounds)()
    return E.isLeft(done) ? done : E.right(events.length)
  })

/** Handles one event inside a transaction. */
export type EventHandler<Transaction> = (
  event: StoredEvent,
  transaction: Transaction,
  context: HandlerContext,
) => TaskEither<unknown, void>

/** The same as {@link transactionEffects}, one event after another: a batch that takes long is cut short. */
export const oneByOneEffects = <Transaction>(
  subscriptions: SubscriptionStore<Transaction>,
  handle: EventHandler<Transaction>,
): Effects =>
  inTransaction(subscriptions, async ({ lease, events }, transaction, pace) => {
    const handlers = handlerRunner(pace)
    let handled = 0
    try {
      for (const event of events) {
        if (pace.next(handled) !== 'go') break
        const done = await handlers.run((context) => handle(event, transaction, context))
        if (E.isLeft(done)) {
          return E.left(handlerFailed(lease.subscription, event.position, done.left))
        }
        handled++
      }
      return E.right(handled)
    } finally {
      handlers.end()
    }
  })

/** Effects outside the store: each event has its effect at least once; the checkpoint is saved afterwards. */
export const outsideEffects = <Transaction>(
  { save }: SubscriptionStore<Transaction>,
  handle: (event: StoredEvent, context: HandlerContext) => TaskEither<unknown, void>,
): Effects => ({
  make: async (batch, pace) => {
    const { lease, after, events, endAt } = batch
    const handlers = handlerRunner(pace)
    let handled = 0
    let isLost = false
    try {
      for (const event of events) {
        const next = pace.next(handled)
        isLost = next === 'lost'
        if (next !== 'go') break
        const done = await handlers.run((context) => handle(event, context))
        if (E.isLeft(done)) {
          isLost = pace.abandonment.isAbandoned()
          if (isLost) break
          return E.left(handlerFailed(lease.subscription, event.position, done.left))
        }
        handled++
      }
    } finally {
      handlers.end()
    }
    // Also when the lease has expired: unless another instance has taken it, no event is handled twice.
    if (handled > 0 || events.length === 0) {
      const saved = await save({ lease, after, ...endAt(handled) })()
      if (E.isLeft(saved)) return saved
    }
    return isLost ? failLeaseLost(batch) : E.right(handled)
  },
  toRepeat: () => [],
})
