import * as E from 'fp-ts/Either'
import {
  checkpointAhead,
  type CheckpointAhead,
  failureNote,
  otherLineage,
  type OtherLineage,
} from '../../core/errors/subscription'
import type { StorePage } from '../../core/ports/event-source'
import type { HeldLease } from '../../core/ports/subscription-store'
import type { StepError } from './effects'
import type { WorkerContext } from './worker-context'

/** Why a checkpoint cannot belong to the store that `page` was read from, or `undefined`. */
export const checkpointMismatch = (
  { subscription, partition, position, lineage }: HeldLease,
  page: Pick<StorePage, 'highest' | 'lineage'>,
): CheckpointAhead | OtherLineage | undefined => {
  const checkpoint = { subscription, partition, position }
  if (lineage !== undefined && lineage !== page.lineage) {
    return otherLineage(checkpoint, lineage, page.lineage)
  }
  return position > page.highest ? checkpointAhead(checkpoint, page.highest) : undefined
}

/** Stops the partition for all instances: an operator must decide where it continues. */
const stopPartition = async <Transaction>(
  { environment, lease }: WorkerContext<Transaction>,
  reason: CheckpointAhead | OtherLineage,
): Promise<E.Either<StepError | CheckpointAhead | OtherLineage, never>> => {
  const note = failureNote({ message: reason.message, cause: reason })
  const stopped = await environment.subscriptions.stop(lease, note)()
  return E.isLeft(stopped) ? stopped : E.left(reason)
}

/**
 * Compares the checkpoint with the first page that was read after it, and stores its lineage if that is not
 * known yet.
 */
export const checkLineage = async <Transaction>(
  context: WorkerContext<Transaction>,
  page: StorePage,
): Promise<E.Either<StepError | CheckpointAhead | OtherLineage, void>> => {
  const { lease, environment } = context
  const reason = checkpointMismatch(lease, page)
  if (reason !== undefined) return stopPartition(context, reason)
  if (lease.lineage !== undefined) return E.right(undefined)
  const { position } = lease
  return environment.subscriptions.save({
    lease,
    after: position,
    position,
    lineage: page.lineage,
  })()
}
