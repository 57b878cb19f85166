import * as E from 'fp-ts/Either'
import {
  failureNote,
  type PartitionStopped,
  type SubscriptionError,
  subscriptionRemoved,
  subscriptionStopped,
} from '../../core/errors/subscription'
import { storeFailed } from '../../core/errors/store'
import type { Claim, HeldLease } from '../../core/ports/subscription-store'
import type { Position } from '../../core/stream'
import { filterOf, type Settings } from './definition'
import type { Effects } from './effects'
import { endAll } from './ending'
import type { SubscriptionEnvironment } from './environment'
import { abandonment } from './handler'
import { type PartitionMemory, partitionMemory, clearReported, reportOf } from './partition-memory'
import { untilHeartbeat } from './heartbeat'
import { type Sleeper, sleeper } from './sleeper'
import { troubles } from './troubles'
import { work, type WorkError } from './worker'
import type { BetweenBatches } from './worker-context'
import { handledReporter, reporter } from '../notices/notices'
import { clearTimeout, performance, setTimeout } from '../../platform/node'

/** The running work on a partition. */
export interface Working {
  readonly lease: HeldLease
  readonly sleeper: Sleeper
  /** When the lease expires, as far as this process can know, by `performance.now()`. */
  deadline: number
  /** Finish the current event, then end. */
  readonly stop: () => void
  /** End without the current event. */
  readonly giveUp: () => void
}

/** The longest time that a timer can wait. Milliseconds. */
const NEVER = 2 ** 31 - 1

/** Whether an operator has to decide before anything else can happen. */
const isStop = (error: WorkError): error is PartitionStopped =>
  ['SubscriptionStopped', 'CheckpointAhead', 'OtherLineage'].includes(error._tag)

/** What {@link runOwner} needs. */
export interface Ownership<Transaction> {
  readonly settings: Settings
  readonly environment: SubscriptionEnvironment<Transaction>
  readonly effects: Effects
  readonly betweenBatches?: BetweenBatches<Transaction>
  /** The id of this run of the subscription. */
  readonly instance: string
}

/**
 * Claims partitions repeatedly, works on those it gets, and releases what exceeds its share: this is how
 * partitions are rebalanced. Ends when `signal` is aborted, when a partition is stopped, or when the
 * subscription is removed.
 */
export const runOwner = async <Transaction>({
  settings,
  environment,
  effects,
  betweenBatches,
  instance,
}: Ownership<Transaction>): Promise<E.Either<SubscriptionError, void>> => {
  const { subscriptions, store, signal, wakeUps } = environment
  const { name, leaseDuration } = settings
  const onNotice = reporter(environment, environment.onNotice)
  const onHandled = handledReporter(environment)
  const working = new Map<number, Working>()
  const memories = new Map<number, PartitionMemory>()
  const trouble = troubles(name, leaseDuration / 3, onNotice)
  const clock = sleeper()
  const filter = filterOf(settings)
  let owned: ReadonlyArray<HeldLease> = []
  let ended: SubscriptionError | undefined
  let isOutdated = false
  /** How far the store could be read at the last claim. `undefined`: it does not say. */
  let readable: Position | undefined
  let dueTimer: ReturnType<typeof setTimeout> | undefined

  /** Releases the partitions that it does not work on, so that no instance has to wait for their leases to expire. */
  const giveBack = async (): Promise<void> => {
    for (const lease of owned) {
      if (!working.has(lease.partition)) await subscriptions.release(lease)()
    }
  }

  const memoryOf = (partition: number): PartitionMemory => {
    const memory = memories.get(partition) ?? partitionMemory(settings)
    memories.set(partition, memory)
    return memory
  }

  const begin = (lease: HeldLease, deadline: number): void => {
    const { partition } = lease
    const stopping = new AbortController()
    const abandoned = abandonment()
    const memory = memoryOf(partition)
    const now: Working = {
      lease,
      sleeper: sleeper(),
      deadline,
      stop: () => stopping.abort(),
      giveUp: () => {
        stopping.abort()
        abandoned.abandon()
      },
    }
    const run = async (): Promise<void> => {
      onNotice({ _tag: 'PartitionStarted', subscription: name, partition })
      const worked: E.Either<WorkError, void> = await work({
        settings,
        environment: { store, subscriptions },
        effects,
        ...(betweenBatches === undefined ? {} : { betweenBatches }),
        lease,
        memory,
        signal: stopping.signal,
        abandonment: abandoned,
        sleeper: now.sleeper,
        isInformed: () => readable !== undefined && wakeUps.isListening?.() === true,
        mayWork: (time) => time < now.deadline,
        recovered: () => trouble.recovered(partition),
        onNotice,
        onHandled,
      }).catch((cause: unknown) => E.left(storeFailed('Unexpected', 'nothingWritten', cause)))
      memory.busySince = undefined
      if (E.isRight(worked)) await subscriptions.release(lease)()
      else if (isStop(worked.left)) ended = worked.left
      else if (!signal.aborted) {
        memory.trouble = failureNote({ message: worked.left.message, cause: worked.left })
        trouble.failed(partition, worked.left)
      }
      working.delete(partition)
      onNotice({ _tag: 'PartitionEnded', subscription: name, partition })
      clock.wake()
    }
    working.set(partition, now)
    void run()
  }

  /** Its lease is not extended any more: until it expires, the current event may be finished. */
  const end = ({ deadline, stop, giveUp }: Working): void => {
    if (performance.now() < deadline) stop()
    else giveUp()
  }

  const rebalance = ({ leases, share }: Claim, deadline: number): void => {
    for (const [partition, worker] of working) {
      const { token } = worker.lease
      if (!leases.some((one) => one.partition === partition && one.token === token)) end(worker)
    }
    for (const lease of leases) {
      const under = working.get(lease.partition)
      if (under?.lease.token === lease.token) under.deadline = deadline
    }
    for (const lease of leases.slice(0, share)) {
      if (working.has(lease.partition) || trouble.waitFor(lease.partition) > 0) continue
      begin(lease, deadline)
    }
    for (const { partition } of leases.slice(share)) working.get(partition)?.stop()
    trouble.keepOnly(leases.map(({ partition }) => partition))
  }

  const applyClaim = (claim: Claim, deadline: number): void => {
    const { outdated, stopped, share } = claim
    if (outdated !== undefined) {
      if (!isOutdated) onNotice({ _tag: 'FilterOutdated', subscription: name, missing: outdated })
      isOutdated = true
      for (const worker of working.values()) end(worker)
      return
    }
    if (isOutdated) onNotice({ _tag: 'FilterCurrent', subscription: name })
    isOutdated = false
    const [failed] = stopped
    if (failed !== undefined) ended = subscriptionStopped(name, failed.partition, failed.failure)
    else if (share === 0) ended = subscriptionRemoved(name)
    else rebalance(claim, deadline)
  }

  const wakeAll = (): void => {
    for (const { sleeper: worker } of working.values()) worker.wake()
  }

  /** Wakes the workers if the claim says that there is something new: a hint may have been lost. */
  const noteNews = ({ readable: now, dueIn }: Claim): void => {
    if (now !== readable) wakeAll()
    readable = now
    clearTimeout(dueTimer)
    if (dueIn !== undefined && dueIn < leaseDuration) dueTimer = setTimeout(wakeAll, dueIn)
  }

  const claimOnce = async (): Promise<void> => {
    const sentAt = performance.now()
    const reports = reportOf(memories, leaseDuration / 3)
    const report = { filter, ...(reports.length === 0 ? {} : { partitions: reports }) }
    const claim = await subscriptions.claim(name, instance, leaseDuration, report)()
    if (E.isRight(claim)) owned = claim.right.leases
    if (signal.aborted) return giveBack()
    if (E.isLeft(claim)) {
      const note = failureNote({ message: claim.left.message, cause: claim.left })
      for (const memory of memories.values()) memory.trouble = note
      trouble.failed(undefined, claim.left)
      return
    }
    trouble.recovered(undefined)
    clearReported(memories, reports)
    noteNews(claim.right)
    applyClaim(claim.right, sentAt + leaseDuration)
  }

  /** When the next claim is due, in milliseconds: sooner when a partition waits to be restarted. */
  const untilNext = (): number => {
    const waiting = [...memories.keys()].map(trouble.waitFor).filter((wait) => wait > 0)
    return Math.min(untilHeartbeat(subscriptions, leaseDuration / 3), ...waiting)
  }

  const unlisten = wakeUps.listen(wakeAll)
  const isEnded = () => signal.aborted || ended !== undefined
  let claiming = Promise.resolve()
  while (!isEnded()) {
    const answer = sleeper()
    claiming = claimOnce().catch((cause: unknown) => {
      trouble.failed(undefined, storeFailed('Unexpected', 'unknown', cause)) // a store that throws
    })
    void claiming.then(answer.wake)
    await answer.sleep(NEVER, signal) // a store that hangs does not keep it from stopping
    if (!isEnded()) await clock.sleep(untilNext(), signal)
  }
  unlisten()
  clearTimeout(dueTimer)
  await endAll({ settings, subscriptions, instance, working, clock, claiming, giveBack, onNotice })
  return ended === undefined ? E.right(undefined) : E.left(ended)
}
