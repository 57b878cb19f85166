import * as E from 'fp-ts/Either'
import type { HandlerFailed, SubscriptionStopped } from '../../core/errors/subscription'
import type { StoredEvent } from '../../core/recorded-event'
import type { Position, StreamId } from '../../core/stream'
import { isSpoiled, type StepError } from './effects'
import { heldAt, holdingFor, retryInPlace, type Poisoned } from './poison-step'
import type { WorkerContext } from './worker-context'

type Outcome = E.Either<StepError | SubscriptionStopped, Poisoned>

/** The failed event's stream is held back from here on; all others go on. */
const holdBack = async <Transaction>(
  context: WorkerContext<Transaction>,
  after: Position,
  event: StoredEvent,
  failure: HandlerFailed,
): Promise<Outcome> => {
  const holding = holdingFor(context, heldAt(event, 1, failure))
  const step = { lease: context.lease, after, position: event.position, holding }
  const saved = await context.environment.subscriptions.save(step)()
  return E.isLeft(saved) ? saved : E.right('handled')
}

/** What the poison policy does with an event that could not be handled. */
const poisoned = <Transaction>(
  context: WorkerContext<Transaction>,
  after: Position,
  event: StoredEvent,
  failure: HandlerFailed,
): Promise<Outcome> =>
  context.settings.poison._tag === 'Stop'
    ? retryInPlace(context, after, event, failure)
    : holdBack(context, after, event, failure)

/** Whether it must be tried with one event at a time, to see which one is to blame. */
const isUnclear = (failure: StepError, events: ReadonlyArray<StoredEvent>): boolean =>
  events.length > 1 && isSpoiled(failure)

/**
 * Handles a page of events and moves the checkpoint from `from` to `upTo`. Events of held streams are passed over;
 * one that cannot be handled is dealt with as the poison policy says.
 */
export const handleBatch = async <Transaction>(
  context: WorkerContext<Transaction>,
  held: Set<StreamId>,
  events: ReadonlyArray<StoredEvent>,
  { from, upTo }: { readonly from: Position; readonly upTo: Position },
): Promise<Outcome> => {
  const { effects, lease, settings, mayWork } = context
  let after = from
  let rest = events.filter(({ streamId }) => !held.has(streamId))
  let size = Infinity
  for (;;) {
    const some = rest.slice(0, size)
    const reached = some.length < rest.length ? (some.at(-1)?.position ?? upTo) : upTo
    const made = await effects.make(some, { lease, after, position: reached }, mayWork)
    if (E.isRight(made)) {
      if (reached === upTo) return E.right('handled')
      after = reached
      rest = rest.slice(size)
      continue
    }
    const failure = made.left
    if (isUnclear(failure, some)) {
      size = 1
      continue
    }
    if (failure._tag !== 'HandlerFailed') return E.left(failure)
    const index = rest.findIndex(({ position }) => position === failure.position)
    const event = rest[index]
    if (event === undefined) return E.left(failure)

    const before = effects.toRepeat(rest.slice(0, index))
    const last = before.at(-1)
    if (last !== undefined) {
      const again = await effects.make(before, { lease, after, position: last.position }, mayWork)
      if (E.isLeft(again) && (again.left._tag === 'HandlerFailed' || isSpoiled(again.left))) {
        size = 1 // one of those before has spoiled the transaction for this one
        continue
      }
      if (E.isLeft(again)) return again
      after = last.position
    }
    const outcome = await poisoned(context, after, event, failure)
    if (E.isLeft(outcome) || outcome.right === 'interrupted') return outcome
    if (settings.poison._tag === 'Park') held.add(event.streamId)
    after = event.position
    rest = rest.slice(index + 1).filter(({ streamId }) => !held.has(streamId))
  }
}
