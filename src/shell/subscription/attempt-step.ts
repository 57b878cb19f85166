import * as E from 'fp-ts/Either'
import { endedItsProcess, handlerFailed } from '../../core/errors/subscription'
import type { Batch, StepError } from './effects'
import { paceOf, type WorkerContext } from './worker-context'

/** After so many attempts of which none has ended, it is not tried once more. */
const CRASHES = 2

/**
 * Whether the last owner has not given the partition back, and so may have been ended by an event: until
 * the partition has got on, one event or command is tried at a time, and counted before it is.
 */
export const isWary = <Transaction>({ lease, memory }: WorkerContext<Transaction>): boolean =>
  lease.takeovers > 0 && memory.gotOnWith !== lease.token

/** How many events may be handled at a time. */
export const batchSizeOf = <Transaction>(context: WorkerContext<Transaction>): number =>
  isWary(context) ? 1 : context.memory.size.now()

/** What is said of `what` before it is tried: a Left when it has ended several processes already. */
export const beforeTrying = async <Transaction>(
  context: WorkerContext<Transaction>,
  what: string,
): Promise<E.Either<StepError, ReturnType<typeof endedItsProcess> | undefined>> => {
  if (!isWary(context)) return E.right(undefined)
  const times = await context.environment.subscriptions.noteAttempt(context.lease, what)()
  if (E.isLeft(times)) return times
  return E.right(times.right > CRASHES ? endedItsProcess(times.right) : undefined)
}

/** The partition has got on since it was taken over: from now on nothing is counted any more. */
export const gotOn = async <Transaction>(
  context: WorkerContext<Transaction>,
): Promise<E.Either<StepError, void>> => {
  if (!isWary(context)) return E.right(undefined)
  const { environment, lease, memory } = context
  memory.gotOnWith = lease.token
  return environment.subscriptions.forgetAttempts(lease)()
}

/** Something was handled: not everything fails. */
export const succeeded = <Transaction>({
  lease,
  memory,
  onNotice,
}: WorkerContext<Transaction>): void => {
  const { subscription, partition } = lease
  if (memory.breaker.succeeded()) onNotice({ _tag: 'PartitionResumed', subscription, partition })
}

/** Makes one step, and learns from it how many events to take next. */
export const tryBatch = async <Transaction>(
  context: WorkerContext<Transaction>,
  batch: Batch,
): Promise<E.Either<StepError, number>> => {
  const { effects, lease, memory } = context
  const [first] = batch.events
  if (first !== undefined) {
    const before = await beforeTrying(context, `event ${first.position}`)
    if (E.isLeft(before)) return before
    if (before.right !== undefined) {
      return E.left(handlerFailed(lease.subscription, first.position, before.right))
    }
  }
  const begun = performance.now()
  memory.busySince = begun
  const made = await effects.make(batch, paceOf(context))
  memory.busySince = undefined
  if (E.isRight(made) && made.right > 0) {
    memory.size.took(made.right, performance.now() - begun)
    succeeded(context)
  }
  return made
}
