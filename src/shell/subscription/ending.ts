import * as E from 'fp-ts/Either'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import type { Settings } from './definition'
import type { SubscriptionNotice } from './environment'
import type { Working } from './owner'
import type { Sleeper } from './sleeper'
import { performance } from '../../platform/node'

/** What is to be ended. */
export interface Ending<Transaction> {
  readonly settings: Settings
  readonly subscriptions: SubscriptionStore<Transaction>
  readonly instance: string
  /** Each of them removes itself when it has ended, and wakes `clock`. */
  readonly working: ReadonlyMap<number, Working>
  readonly clock: Sleeper
  /** The last claim: it is not answered yet, perhaps. */
  readonly claiming: Promise<void>
  readonly giveBack: () => Promise<void>
  readonly onNotice: (notice: SubscriptionNotice) => void
}

/**
 * Waits until all work has ended, and extends the leases meanwhile: no other instance handles an event that is
 * still being handled here. After `stopTimeout` it ends without the rest, and lets those leases expire.
 */
export const endAll = async <Transaction>({
  settings,
  subscriptions,
  instance,
  working,
  clock,
  claiming,
  giveBack,
  onNotice,
}: Ending<Transaction>): Promise<void> => {
  const { name, leaseDuration, stopTimeout } = settings
  const end = performance.now() + stopTimeout
  const never = new AbortController().signal
  const prolong = async (work: Working): Promise<void> => {
    const sentAt = performance.now()
    const prolonged = await subscriptions.prolong(work.lease, leaseDuration)()
    if (E.isRight(prolonged)) work.deadline = sentAt + leaseDuration
    else if (prolonged.left._tag === 'LeaseLost') work.giveUp()
  }
  for (const { stop } of working.values()) stop()
  let hasLeft = false
  const leave = async (): Promise<void> => {
    await claiming // a claim that came after it would undo it
    await subscriptions.leave(name, instance)() // its share goes to the others from now on
    await giveBack()
    hasLeft = true
    clock.wake()
  }
  void leave()
  const isLeft = () => hasLeft
  while (working.size > 0 || !isLeft()) {
    const time = end - performance.now()
    if (time <= 0) {
      const partitions = [...working.keys()]
      for (const { giveUp } of working.values()) giveUp()
      if (partitions.length > 0) onNotice({ _tag: 'StopTimedOut', subscription: name, partitions })
      return
    }
    for (const work of working.values()) void prolong(work)
    await clock.sleep(Math.min(time, leaseDuration / 3), never)
  }
}
