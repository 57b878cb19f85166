import * as E from 'fp-ts/Either'
import type { PartitionStopped } from '../../core/errors/subscription'
import type { ReadError } from '../../core/errors/unions'
import { partitionOf } from '../../core/partition'
import type { Position, StreamId } from '../../core/stream'
import { backoff } from '../../core/back-off'
import { batchSizeOf, markProgress, isCautious } from './attempt-step'
import { handleBatch } from './batch-step'
import type { StepError } from './effects'
import { filterOf } from './definition'
import { handleHeld } from './held-step'
import { checkLineage, checkpointMismatch } from './lineage'
import { sleeper } from './sleeper'
import type { WorkerContext } from './worker-context'
import { neverInvalid } from '../../core/ports/never-invalid'
import { performance } from '../../platform/node'

/** Why the work on a partition has ended, other than by `signal`. */
export type WorkError = StepError | PartitionStopped | ReadError

/** The poll interval after a wake-up, which may come a moment before the event is visible. Milliseconds. */
const HINT_POLL_INTERVAL = 10

/** The held streams. This instance's release may decode what the last owner's could not. */
const begin = async <Transaction>({
  environment: { subscriptions },
  betweenBatches,
  lease,
}: WorkerContext<Transaction>): Promise<E.Either<WorkError, Set<StreamId>>> => {
  const begun = (await betweenBatches?.begin()) ?? E.right(undefined)
  if (E.isLeft(begun)) return begun
  const held = await subscriptions.heldStreams(lease)()
  if (E.isLeft(held)) return held
  if (held.right.length > 0) {
    const retried = await subscriptions.retryUndecodable(lease)()
    if (E.isLeft(retried)) return retried
  }
  return E.right(new Set(held.right))
}

/**
 * Works on one partition until `signal` is aborted, or something fails. After a failure the checkpoint must be
 * read again: a step may have been saved nevertheless.
 */
export const work = async <Transaction>(
  context: WorkerContext<Transaction>,
): Promise<E.Either<WorkError, void>> => {
  const { settings, environment, lease, signal } = context
  const { partitions } = settings
  const isOurs = ({ streamId }: { readonly streamId: string }): boolean =>
    partitions === 1 || partitionOf(streamId, partitions) === lease.partition
  const pageAfter = (after: Position) =>
    neverInvalid(
      environment.store.readAll({
        after,
        limit: Math.max(batchSizeOf(context), 1),
        ...filterOf(settings),
      }),
    )()
  const begun = await begin(context)
  if (E.isLeft(begun)) return begun
  const held = begun.right
  let position = lease.position
  let ahead: ReturnType<typeof pageAfter> | undefined
  let pause = settings.minPollInterval
  let goOnAt = 0
  let steps = 0 // since the take-over
  let lineage: string | undefined
  /**
   * A wake-up may come a moment before its event can be read, so the pause grows slowly at first. An operator's decision
   * on a held stream wakes no one.
   */
  const nextPause = (): number =>
    pause >= settings.maxPollInterval && context.isInformed() && held.size === 0
      ? settings.informedPollInterval
      : backoff(pause, settings.maxPollInterval, 2)

  /**
   * Reads and handles one page. Answers whether there may be more at once; `undefined`: the store was restored or
   * failed over meanwhile, and the next claim compares the checkpoint again.
   */
  const turn = async (): Promise<E.Either<WorkError, boolean | undefined>> => {
    const page = await (ahead ?? pageAfter(position))
    if (E.isLeft(page)) return page
    if (lineage === undefined) {
      const fits = await checkLineage(context, page.right)
      if (E.isLeft(fits)) return fits
      lineage = page.right.lineage
    } else if (checkpointMismatch({ ...lease, position, lineage }, page.right) !== undefined) {
      return E.right(undefined)
    }
    const retried = await handleHeld(context, held, position)
    if (E.isLeft(retried)) return retried
    if (retried.right !== undefined) {
      goOnAt = performance.now() + retried.right
      return E.right(false)
    }
    const { events, upTo, more } = page.right
    // While there is more, the next page is read while this one is handled: two pages at a time, no more.
    ahead = more ? pageAfter(upTo) : undefined
    ahead?.catch(() => undefined) // a rejection is handled when the page is awaited, if ever
    if (upTo <= position) return E.right(more)
    const done = await handleBatch(context, held, events.filter(isOurs), { from: position, upTo })
    if (E.isLeft(done)) return done
    position = done.right.position
    steps += events.length
    if (position < upTo) ahead = undefined
    if (done.right.pause !== undefined) {
      goOnAt = performance.now() + done.right.pause
      return E.right(false)
    }
    pause = settings.minPollInterval
    return E.right(more)
  }

  while (!signal.aborted) {
    const isPaused = performance.now() < goOnAt
    const turned = isPaused ? E.right(false) : await turn()
    if (E.isLeft(turned)) return turned
    if (turned.right === undefined) break
    const betweenBatches = await context.betweenBatches?.round(context, position)
    if (betweenBatches !== undefined && E.isLeft(betweenBatches)) return betweenBatches
    const isBusy = turned.right || betweenBatches?.right === true
    const left = goOnAt - performance.now()
    if (isCautious(context) && left <= 0 && (!isBusy || steps >= settings.batchSize)) {
      const forgotten = await markProgress(context)
      if (E.isLeft(forgotten)) return forgotten
    }
    context.recovered()
    if (betweenBatches?.right === true) pause = settings.minPollInterval
    else if (left > 0) {
      await sleeper().sleep(Math.min(left, settings.maxPollInterval), signal) // not the shared sleeper: wake-ups must not shorten it
    } else if (!turned.right) {
      const woken = await context.sleeper.sleep(pause, signal)
      pause = woken ? HINT_POLL_INTERVAL : nextPause()
    }
  }
  return E.right(undefined)
}
