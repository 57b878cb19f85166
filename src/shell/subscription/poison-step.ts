import * as E from 'fp-ts/Either'
import {
  failureNote,
  type HandlerFailed,
  subscriptionStopped,
  type SubscriptionStopped,
} from '../../core/errors/subscription'
import { faultOf } from '../../core/fault'
import { backoffAfter, nextAttemptAfter } from '../../core/poison'
import type { HeldStream, HoldChange } from '../../core/ports/subscription-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { Position } from '../../core/stream'
import { tryBatch } from './attempt-step'
import { sleeper } from './sleeper'
import type { StepError } from './effects'
import type { WorkerContext } from './worker-context'

/** The held stream that a failed event leads to. */
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

/** How often in a row `key` has waited for the infrastructure, this time included. */
export const waitsOf = (waits: Map<string, number>, key: string): number => {
  const number = (waits.get(key) ?? 0) + 1
  waits.set(key, number)
  return number
}

/** What happens to the stream of a failed event under the policy `parkAfter`. */
export const holdingFor = <Transaction>(
  { settings, memory, onNotice }: WorkerContext<Transaction>,
  stream: HeldStream,
  failure: HandlerFailed,
): HoldChange => {
  const fault = faultOf(failure.cause)
  const { streamId } = stream
  const { poison, name: subscription } = settings
  memory.trouble = stream.failure
  if (fault === 'Infrastructure') {
    // Not counted as an attempt, and reported only once.
    const uncounted = { ...stream, attempts: stream.attempts - 1 }
    const waits = waitsOf(memory.waits, streamId)
    if (waits === 1)
      onNotice({ _tag: 'EventFailed', subscription, stream: uncounted, parked: false })
    return { _tag: 'Hold', stream: uncounted, retryAfter: Math.ceil(backoffAfter(poison, waits)) }
  }
  memory.waits.delete(streamId)
  const judged = nextAttemptAfter(fault, poison, stream.attempts)
  onNotice({ _tag: 'EventFailed', subscription, stream, parked: judged._tag === 'Poison' })
  return judged._tag === 'Retry'
    ? { _tag: 'Hold', stream, retryAfter: Math.ceil(judged.pause) }
    : { _tag: 'Hold', stream }
}

/** For how long (milliseconds) to pause, because everything fails; `undefined`: continue. */
export const pauseAfter = <Transaction>(
  { settings, lease, memory, onNotice }: WorkerContext<Transaction>,
  key: string,
  failure: Pick<HandlerFailed, 'message' | 'cause'>,
  breaker = memory.breaker,
): number | undefined => {
  const wasOpen = breaker.isOpen()
  const pause = breaker.failed(key, faultOf(failure.cause))
  if (pause === undefined) return undefined
  const note = failureNote(failure)
  memory.trouble = note
  if (!wasOpen) {
    const { partition } = lease
    onNotice({ _tag: 'PartitionPaused', subscription: settings.name, partition, failure: note })
  }
  return pause
}

/** Whether the failed event was handled in the end, or the retries were interrupted. */
export type Poisoned = 'handled' | 'interrupted'

/** The policy `stopAfter`: everything waits for this event, until it succeeds or the subscription stops. */
export const retryInPlace = async <Transaction>(
  context: WorkerContext<Transaction>,
  after: Position,
  event: StoredEvent,
  first: HandlerFailed,
): Promise<E.Either<StepError | SubscriptionStopped, Poisoned>> => {
  const { settings, environment, lease, memory, onNotice } = context
  const { name: subscription, poison } = settings
  let failure = first
  let attempts = 0
  for (let waits = 1; ; waits++) {
    const fault = faultOf(failure.cause)
    if (fault !== 'Infrastructure') attempts++
    const judged = nextAttemptAfter(fault, poison, fault === 'Infrastructure' ? waits : attempts)
    const stream = heldAt(event, attempts, failure)
    memory.trouble = stream.failure
    if (fault !== 'Infrastructure' || waits === 1) {
      onNotice({ _tag: 'EventFailed', subscription, stream, parked: judged._tag === 'Poison' })
    }
    if (judged._tag === 'Poison') {
      const note = { ...stream.failure, position: event.position }
      const stopped = await environment.subscriptions.stop(lease, note)()
      return E.isLeft(stopped)
        ? stopped
        : E.left(subscriptionStopped(subscription, lease.partition, note))
    }
    await sleeper().sleep(judged.pause, context.signal) // not the shared sleeper: wake-ups must not shorten it
    if (context.signal.aborted) return E.right('interrupted')
    const endAt = (handled: number) => ({ position: handled === 0 ? after : event.position })
    const again = await tryBatch(context, { lease, after, events: [event], endAt })
    if (E.isRight(again)) return E.right(again.right === 0 ? 'interrupted' : 'handled')
    if (again.left._tag !== 'HandlerFailed') return E.left(again.left)
    failure = again.left
  }
}
