import type { HeldLease } from '../../core/ports/subscription-store'
import type { Alarm } from './alarm'
import type { Settings } from './definition'
import type { Effects } from './effects'
import type { SubscriptionEnvironment, SubscriptionNotice } from './environment'

/** What the work on one partition takes. */
export interface WorkerContext<Transaction> {
  readonly settings: Settings
  readonly environment: Pick<SubscriptionEnvironment<Transaction>, 'store' | 'subscriptions'>
  readonly effects: Effects
  readonly lease: HeldLease
  /** Aborted: finish the batch in hand. */
  readonly signal: AbortSignal
  readonly alarm: Alarm
  /** Whether the lease has not run out, as far as this process can know. */
  readonly mayWork: () => boolean
  readonly observe: (notice: SubscriptionNotice) => void
}
