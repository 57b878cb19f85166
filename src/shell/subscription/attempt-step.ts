import * as E from 'fp-ts/Either'
import { endedItsProcess, handlerFailed } from '../../core/errors/subscription'
import type { Batch, StepError } from './effects'
import { paceOf, type WorkerContext } from './worker-context'
import { performance } from '../../platform/node'

/** After so many attempts that have crashed their process, there is no further one. */
const MAXIMUM_CRASHES = 2

/**
 * Whether the last owner did not release the partition, so that an event may have crashed its process. Until
 * the partition has made progress, one event or command is tried at a time, and recorded before it is.
 */
export const isCautious = <Transaction>({ lease, memory }: WorkerContext<Transaction>): boolean =>
  lease.takeovers > 0 && memory.progressedWith !== lease.token

/** How many events may be handled at a time. */
export const batchSizeOf = <Transaction>(context: WorkerContext<Transaction>): number =>
  isCautious(context) ? 1 : context.memory.size.now()

/** Records the attempt of `what`. A value inside: `what` has crashed several processes already. */
export const beforeTrying = async <Transaction>(
  context: WorkerContext<Transaction>,
  what: string,
): Promise<E.Either<StepError, ReturnType<typeof endedItsProcess> | undefined>> => {
  if (!isCautious(context)) return E.right(undefined)
  const times = await context.environment.subscriptions.noteAttempt(context.lease, what)()
  if (E.isLeft(times)) return times
  return E.right(times.right > MAXIMUM_CRASHES ? endedItsProcess(times.right) : undefined)
}

/** The partition has made progress since it was taken over: from now on attempts are not recorded any more. */
export const markProgress = async <Transaction>(
  context: WorkerContext<Transaction>,
): Promise<E.Either<StepError, void>> => {
  if (!isCautious(context)) return E.right(undefined)
  const { environment, lease, memory } = context
  memory.progressedWith = lease.token
  return environment.subscriptions.forgetAttempts(lease)()
}

/** Something was handled, so not everything fails: closes the breaker. */
export const succeeded = <Transaction>({
  lease,
  memory,
  onNotice,
}: WorkerContext<Transaction>): void => {
  const { subscription, partition } = lease
  if (memory.breaker.succeeded()) onNotice({ _tag: 'PartitionResumed', subscription, partition })
}

/** Makes one step, and adapts the batch size to how long it took. */
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
    const duration = performance.now() - begun
    memory.size.took(made.right, duration)
    context.onHandled?.({
      _tag: 'EventsHandled',
      subscription: lease.subscription,
      partition: lease.partition,
      events: batch.events.slice(0, made.right),
      upTo: batch.endAt(made.right).position,
      duration,
    })
    succeeded(context)
  }
  return made
}
