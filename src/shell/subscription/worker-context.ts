import type * as E from 'fp-ts/Either'
import type { HeldLease } from '../../core/ports/subscription-store'
import type { Position } from '../../core/stream'
import type { Sleeper } from './sleeper'
import type { Settings } from './definition'
import type { Effects, StepError } from './effects'
import type { SubscriptionEnvironment, SubscriptionNotice } from './environment'

/** Work under the same lease. Its commits leave the checkpoint where it is. */
export type BetweenBatches = (
  lease: HeldLease,
  checkpoint: Position,
  mayWork: () => boolean,
) => Promise<E.Either<StepError, boolean>>

/** What the work on one partition takes. */
export interface WorkerContext<Transaction> {
  readonly settings: Settings
  readonly environment: Pick<SubscriptionEnvironment<Transaction>, 'store' | 'subscriptions'>
  readonly effects: Effects
  /** Other work of the partition's owner, between two batches. Answers whether there was any. */
  readonly betweenBatches?: BetweenBatches
  readonly lease: HeldLease
  /** Aborted: finish the batch in hand. */
  readonly signal: AbortSignal
  readonly sleeper: Sleeper
  /** Whether the lease has not run out, as far as this process can know. */
  readonly mayWork: () => boolean
  readonly observe: (notice: SubscriptionNotice) => void
}
