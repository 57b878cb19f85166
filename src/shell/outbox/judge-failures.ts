import { failureNote, sendingFailed } from '../../core/errors/subscription'
import { faultOf } from '../../core/fault'
import { backoffAfter, nextAttemptAfter } from '../../core/poison'
import type { FailedOutboxCommand } from '../../core/ports/outbox'
import type { Breaker } from '../subscription/breaker'
import type { SubscriptionNotice } from '../subscription/environment'
import { pauseAfter, waitsOf } from '../subscription/poison-step'
import type { WorkerContext } from '../subscription/worker-context'
import type { Answered } from './dispatch-step'

type Failed = Extract<Answered<never>, { readonly _tag: 'Failed' }>

/** What happens to an outbox command that failed. */
export interface Judged {
  readonly failed: FailedOutboxCommand
  /** Reported once the failure is stored. */
  readonly notices: ReadonlyArray<SubscriptionNotice>
}

/** A failed outbox command is retried or parked, as the poison policy says. */
const judgeOne = <Transaction>(
  { settings, memory }: WorkerContext<Transaction>,
  { entry, cause }: Failed,
  pause: number | undefined,
): Judged => {
  const { process, id } = entry
  const failure = failureNote(sendingFailed(process, id, cause))
  memory.trouble = failure
  const fault = faultOf(cause)
  const reported = (command: FailedOutboxCommand, parked: boolean): Judged => ({
    failed: command,
    notices: [{ _tag: 'CommandFailed', subscription: settings.name, command, parked }],
  })
  if (pause !== undefined || fault === 'Infrastructure') {
    const waits = waitsOf(memory.waits, id)
    const retryAfter = pause ?? backoffAfter(settings.poison, waits)
    const uncounted = { process, id, attempts: entry.attempts, failure, retryAfter }
    return waits === 1 ? reported(uncounted, false) : { failed: uncounted, notices: [] }
  }
  memory.waits.delete(id)
  const attempts = entry.attempts + 1
  const judged = nextAttemptAfter(fault, settings.poison, attempts)
  const failed = { process, id, attempts, failure }
  return judged._tag === 'Retry'
    ? reported({ ...failed, retryAfter: judged.pause }, false)
    : reported(failed, true)
}

/** What happens to the failed commands of one batch, and for how long (milliseconds) sending pauses. */
export const judgeFailures = <Transaction>(
  context: WorkerContext<Transaction>,
  breaker: Breaker,
  answers: ReadonlyArray<Answered<unknown>>,
): { readonly judged: ReadonlyMap<string, Judged>; readonly pause: number | undefined } => {
  const failures = answers.filter((answer) => answer._tag === 'Failed')
  const { subscription, partition } = context.lease
  const isMixed = failures.length < answers.length
  if (isMixed && breaker.succeeded()) {
    context.onNotice({ _tag: 'PartitionResumed', subscription, partition })
  }
  let pause: number | undefined
  const judged = failures.map((failure) => {
    const { process, id, key } = failure.entry
    const failing = sendingFailed(process, id, failure.cause)
    pause ??= isMixed ? undefined : pauseAfter(context, key, failing, breaker)
    return [id, judgeOne(context, failure, pause)] as const
  })
  return { judged: new Map(judged), pause }
}
