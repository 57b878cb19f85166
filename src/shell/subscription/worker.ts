import * as E from 'fp-ts/Either'
import type { PartitionStopped } from '../../core/errors/subscription'
import type { ReadError } from '../../core/errors/unions'
import { partitionOf } from '../../core/partition'
import type { Position } from '../../core/stream'
import { backoff } from '../../core/time/back-off'
import { handleBatch } from './batch-step'
import type { StepError } from './effects'
import { handleHeld } from './held-step'
import { settle, strayed } from './lineage'
import type { WorkerContext } from './worker-context'

/** Why the work on a partition has ended, other than being asked to. */
export type WorkError = StepError | PartitionStopped | ReadError

/** After a hint that came a moment before the event could be seen. Milliseconds. */
const LOOK_SOON = 10

/**
 * Works on one partition until it is asked to stop, or something fails. After a failure the checkpoint
 * must be read again: a step may have been saved all the same.
 */
export const work = async <Transaction>(
  context: WorkerContext<Transaction>,
): Promise<E.Either<WorkError, void>> => {
  const { settings, environment, lease, signal } = context
  const { categories, types, partitions, batchSize } = settings
  const ours = ({ streamId }: { readonly streamId: string }): boolean =>
    partitions === 1 || partitionOf(streamId, partitions) === lease.partition
  const pageAfter = (after: Position) =>
    environment.store.readAll({
      after,
      limit: batchSize,
      ...(categories === undefined ? {} : { categories }),
      ...(types === undefined ? {} : { types }),
    })()
  const heldBefore = await environment.subscriptions.held(lease)()
  if (E.isLeft(heldBefore)) return heldBefore
  const held = new Set(heldBefore.right)
  let position = lease.position
  let ahead: ReturnType<typeof pageAfter> | undefined
  let pause = settings.shortestPause
  let lineage: string | undefined

  while (!signal.aborted) {
    const page = await (ahead ?? pageAfter(position))
    if (E.isLeft(page)) return page
    if (lineage === undefined) {
      const fits = await settle(context, page.right)
      if (E.isLeft(fits)) return fits
      lineage = page.right.lineage
    } else if (strayed({ ...lease, position, lineage }, page.right) !== undefined) {
      break // restored or failed over meanwhile: what the checkpoint says then is looked at by the next claim
    }
    const retried = await handleHeld(context, held, position)
    if (E.isLeft(retried)) return retried
    const { events, upTo, more } = page.right
    // While there is more, the next page is read while this one is handled: two pages at a time, no more.
    ahead = more ? pageAfter(upTo) : undefined
    ahead?.catch(() => undefined) // a store that throws is met when its page is asked for, or never
    if (upTo > position) {
      const done = await handleBatch(context, held, events.filter(ours), { from: position, upTo })
      if (E.isLeft(done)) return done
      if (done.right === 'interrupted') break
      position = upTo
      pause = settings.shortestPause
    }
    const other = await context.betweenBatches?.(lease, position, context.mayWork)
    if (other !== undefined && E.isLeft(other)) return other
    if (other?.right === true) {
      pause = settings.shortestPause
      continue
    }
    if (!more) {
      // A hint may come a moment before the event can be seen: another writer holds it back. Look soon.
      const woken = await context.sleeper.sleep(pause, signal)
      pause = woken ? LOOK_SOON : backoff(pause, settings.longestPause, 2)
    }
  }
  return E.right(undefined)
}
