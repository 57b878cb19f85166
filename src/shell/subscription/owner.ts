import * as E from 'fp-ts/Either'
import { subscriptionStopped, type SubscriptionStopped } from '../../core/errors/subscription'
import type { Claim, HeldLease } from '../../core/ports/subscription-store'
import { type Sleeper, sleeper } from './sleeper'
import type { Settings } from './definition'
import type { Effects } from './effects'
import type { SubscriptionEnvironment } from './environment'
import { work } from './worker'
import type { BetweenBatches } from './worker-context'

/** The work on a partition that is under way. */
interface Working {
  readonly token: number
  readonly sleeper: Sleeper
  readonly stop: () => void
  readonly ended: Promise<void>
}

/** What owning partitions takes. */
export interface Ownership<Transaction> {
  readonly settings: Settings
  readonly environment: SubscriptionEnvironment<Transaction>
  readonly effects: Effects
  readonly betweenBatches?: BetweenBatches
  /** This running of the subscription: another one has another name. */
  readonly instance: string
}

/**
 * Claims partitions again and again, works on those it gets, and gives back what is more than its share.
 * Ends when it is asked to, or when the poison policy has stopped a partition.
 */
export const runOwner = async <Transaction>({
  settings,
  environment,
  effects,
  betweenBatches,
  instance,
}: Ownership<Transaction>): Promise<E.Either<SubscriptionStopped, void>> => {
  const { subscriptions, store, signal, wakeUps } = environment
  const { name, leaseDuration } = settings
  const observe = environment.observe ?? (() => undefined)
  const working = new Map<number, Working>()
  const untilNextClaim = sleeper()
  let deadline = 0
  let stopped: SubscriptionStopped | undefined

  const begin = (lease: HeldLease): void => {
    const { partition } = lease
    const controller = new AbortController()
    const untilNextLook = sleeper()
    const mayWork = (): boolean => performance.now() < deadline
    const run = async (): Promise<void> => {
      observe({ _tag: 'PartitionStarted', subscription: name, partition })
      const ended = await work({
        settings,
        environment: { store, subscriptions },
        effects,
        ...(betweenBatches === undefined ? {} : { betweenBatches }),
        lease,
        signal: controller.signal,
        sleeper: untilNextLook,
        mayWork,
        observe,
      })
      if (E.isRight(ended)) await subscriptions.release(lease)()
      else if (ended.left._tag === 'SubscriptionStopped') stopped = ended.left
      else {
        observe({ _tag: 'SubscriptionTroubled', subscription: name, error: ended.left })
      }
      working.delete(partition)
      observe({ _tag: 'PartitionEnded', subscription: name, partition })
      if (stopped !== undefined) untilNextClaim.wake()
    }
    working.set(partition, {
      token: lease.token,
      sleeper: untilNextLook,
      stop: () => controller.abort(),
      ended: run(),
    })
  }

  const follow = ({ leases, share }: Claim): void => {
    for (const [partition, { token, stop }] of working) {
      const still = leases.some((lease) => lease.partition === partition && lease.token === token)
      if (!still) stop()
    }
    for (const lease of leases.slice(0, share)) if (!working.has(lease.partition)) begin(lease)
    for (const { partition } of leases.slice(share)) working.get(partition)?.stop()
  }

  const silence = wakeUps.listen(() => {
    for (const worker of working.values()) worker.sleeper.wake()
  })
  while (!signal.aborted && stopped === undefined) {
    const asked = performance.now()
    const claim = await subscriptions.claim(name, instance, leaseDuration)()
    if (E.isLeft(claim)) {
      observe({ _tag: 'SubscriptionTroubled', subscription: name, error: claim.left })
    } else {
      const [failed] = claim.right.stopped
      if (failed !== undefined)
        stopped = subscriptionStopped(name, failed.partition, failed.failure)
      deadline = asked + leaseDuration
      if (stopped === undefined) follow(claim.right)
    }
    if (stopped === undefined) await untilNextClaim.sleep(leaseDuration / 3, signal)
  }
  silence()
  const last = [...working.values()]
  for (const { stop } of last) stop()
  await Promise.all(last.map(({ ended }) => ended))
  await subscriptions.leave(name, instance)()
  return stopped === undefined ? E.right(undefined) : E.left(stopped)
}
