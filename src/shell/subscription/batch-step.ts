import * as E from 'fp-ts/Either'
import type { HandlerFailed, SubscriptionStopped } from '../../core/errors/subscription'
import { isCausedByWork } from '../../core/fault'
import type { StoredEvent } from '../../core/recorded-event'
import type { Position, StreamId } from '../../core/stream'
import { batchSizeOf, succeeded, tryBatch } from './attempt-step'
import type { Batch, StepError } from './effects'
import { heldAt, holdingFor, retryInPlace, pauseAfter } from './poison-step'
import type { WorkerContext } from './worker-context'

/** How far a page of events was handled. */
export interface PageEnd {
  /** Where the checkpoint is now. */
  readonly position: Position
  /** Everything fails: pause for so long. Milliseconds. Omitted: continue. */
  readonly pause?: number
}

type Failing<Result> = E.Either<StepError | SubscriptionStopped, Result>

/** Holds the stream of the failed event from here on; all others continue. */
const holdBack = async <Transaction>(
  context: WorkerContext<Transaction>,
  after: Position,
  event: StoredEvent,
  failure: HandlerFailed,
): Promise<Failing<PageEnd>> => {
  const { lease, environment } = context
  const pause = pauseAfter(context, event.streamId, failure)
  if (pause !== undefined) return E.right({ position: after, pause })
  const holding = holdingFor(context, heldAt(event, 1, failure), failure)
  const step = { lease, after, position: event.position, holding }
  const saved = await environment.subscriptions.save(step)()
  return E.isLeft(saved) ? saved : E.right({ position: event.position })
}

/** Applies the poison policy to an event that could not be handled. */
const poisoned = async <Transaction>(
  context: WorkerContext<Transaction>,
  after: Position,
  event: StoredEvent,
  failure: HandlerFailed,
): Promise<Failing<PageEnd>> => {
  if (context.settings.poison._tag === 'Park') return holdBack(context, after, event, failure)
  const retried = await retryInPlace(context, after, event, failure)
  if (E.isLeft(retried)) return retried
  return E.right({ position: retried.right === 'handled' ? event.position : after })
}

/** A step over some events; `upTo`: where it ends when all of them are done. */
const batchOf = <Transaction>(
  { lease }: WorkerContext<Transaction>,
  after: Position,
  events: ReadonlyArray<StoredEvent>,
  upTo: Position,
): Batch => ({
  lease,
  after,
  events,
  endAt: (handled) => ({
    position: handled === events.length ? upTo : (events[handled - 1]?.position ?? after),
  }),
})

/** Handles the events before a failed one again, if their effects were rolled back, and saves the checkpoint. */
const redo = async <Transaction>(
  context: WorkerContext<Transaction>,
  after: Position,
  before: ReadonlyArray<StoredEvent>,
): Promise<E.Either<StepError, number>> => {
  const last = before.at(-1)
  if (last === undefined) return E.right(0)
  const repeated = context.effects.toRepeat(before)
  if (repeated.length > 0)
    return tryBatch(context, batchOf(context, after, repeated, last.position))
  const { lease, environment } = context
  const saved = await environment.subscriptions.save({ lease, after, position: last.position })()
  if (E.isLeft(saved)) return saved
  succeeded(context)
  return E.right(before.length)
}

/**
 * Handles a page of events and moves the checkpoint from `from` to `upTo`, or as far as it gets before it has
 * to stop. Events of held streams are skipped; the poison policy applies to an event that cannot be handled.
 */
export const handleBatch = async <Transaction>(
  context: WorkerContext<Transaction>,
  held: Set<StreamId>,
  events: ReadonlyArray<StoredEvent>,
  { from, upTo }: { readonly from: Position; readonly upTo: Position },
): Promise<Failing<PageEnd>> => {
  const { memory, settings, signal } = context
  let after = from
  let rest = events.filter(({ streamId }) => !held.has(streamId))
  while (after < upTo && !signal.aborted) {
    const some = rest.slice(0, batchSizeOf(context))
    const end = some.length === rest.length ? upTo : (some.at(-1)?.position ?? upTo)
    const batch = batchOf(context, after, some, end)
    const made = await tryBatch(context, batch)
    if (E.isRight(made)) {
      after = batch.endAt(made.right).position
      rest = rest.slice(made.right)
      continue
    }
    const failure = made.left
    if (failure._tag !== 'HandlerFailed') {
      if (some.length > 1 && isCausedByWork(failure)) {
        memory.size.halve(some.length)
        continue
      }
      return E.left(failure)
    }
    const index = some.findIndex(({ position }) => position === failure.position)
    const event = some[index]
    if (event === undefined) return E.left(failure)

    const before = some.slice(0, index)
    const redone = await redo(context, after, before)
    if (E.isLeft(redone)) {
      if (redone.left._tag !== 'HandlerFailed' && !isCausedByWork(redone.left)) return redone
      memory.size.halve(some.length) // one of the events before has broken the transaction of this one
      continue
    }
    after = before[redone.right - 1]?.position ?? after
    if (redone.right < index) {
      rest = rest.slice(redone.right)
      continue
    }
    const outcome = await poisoned(context, after, event, failure)
    if (E.isLeft(outcome) || outcome.right.position !== event.position) return outcome
    if (settings.poison._tag === 'Park') held.add(event.streamId)
    after = event.position
    rest = rest.slice(index + 1).filter(({ streamId }) => !held.has(streamId))
  }
  return E.right({ position: after })
}
