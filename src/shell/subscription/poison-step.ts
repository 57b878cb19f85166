import * as E from 'fp-ts/Either'
import {
  failureNote,
  type HandlerFailed,
  subscriptionStopped,
  type SubscriptionStopped,
} from '../../core/errors/subscription'
import { verdict } from '../../core/poison'
import type { HeldStream, Holding } from '../../core/ports/subscription-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { Position } from '../../core/stream'
import { sleeper } from './sleeper'
import type { StepError } from './effects'
import type { WorkerContext } from './worker-context'

/** A failed event as a reason to hold its stream back. */
export const heldAt = (
  event: StoredEvent,
  attempts: number,
  failure: HandlerFailed,
): HeldStream => ({
  streamId: event.streamId,
  version: event.version,
  position: event.position,
  eventId: event.id,
  type: event.type,
  attempts,
  failure: failureNote(failure),
})

/** What becomes of the stream of a failed event under the policy `parkAfter`. */
export const holdingFor = <Transaction>(
  { settings, observe }: WorkerContext<Transaction>,
  stream: HeldStream,
): Holding => {
  const judged = verdict(settings.poison, stream.attempts)
  const parked = judged._tag === 'Poison'
  observe({ _tag: 'EventFailed', subscription: settings.name, stream, parked })
  return judged._tag === 'Retry'
    ? { _tag: 'Hold', stream, retryAfter: Math.ceil(judged.pause) }
    : { _tag: 'Hold', stream }
}

/** Whether the batch goes on after the failed event, or was interrupted before it could. */
export type Poisoned = 'handled' | 'interrupted'

/** The policy `stopAfter`: everything waits for this event, until it succeeds or the subscription stops. */
export const retryInPlace = async <Transaction>(
  context: WorkerContext<Transaction>,
  after: Position,
  event: StoredEvent,
  first: HandlerFailed,
): Promise<E.Either<StepError | SubscriptionStopped, Poisoned>> => {
  const { settings, environment, lease, effects, observe } = context
  let failure = first
  for (let attempts = 1; ; attempts++) {
    const judged = verdict(settings.poison, attempts)
    const stream = heldAt(event, attempts, failure)
    const parked = judged._tag === 'Poison'
    observe({ _tag: 'EventFailed', subscription: settings.name, stream, parked })
    if (judged._tag === 'Poison') {
      const note = { ...stream.failure, position: event.position }
      const halted = await environment.subscriptions.halt(lease, note)()
      return E.isLeft(halted)
        ? halted
        : E.left(subscriptionStopped(settings.name, lease.partition, note))
    }
    await sleeper().sleep(judged.pause, context.signal) // its own: hints of new events do not shorten it
    if (context.signal.aborted) return E.right('interrupted')
    const again = await effects.make(
      [event],
      { lease, after, position: event.position },
      context.mayWork,
    )
    if (E.isRight(again)) return E.right('handled')
    if (again.left._tag !== 'HandlerFailed') return E.left(again.left)
    failure = again.left
  }
}
