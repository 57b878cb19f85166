import type * as E from 'fp-ts/Either'
import type { HeldLease } from '../../core/ports/subscription-store'
import type { Position } from '../../core/stream'
import type { Settings } from './definition'
import type { Effects, Pace, StepError } from './effects'
import type { SubscriptionEnvironment, SubscriptionNotice } from './environment'
import type { Abandonment } from './handler'
import type { PartitionMemory } from './partition-memory'
import type { Sleeper } from './sleeper'
import type { HandledNotice } from '../notices/notices'
import { performance } from '../../platform/node'

/** Other work of a partition's owner, under the same lease. Its commits do not move the checkpoint. */
export interface BetweenBatches<Transaction> {
  /** Called once, when the owner begins. */
  readonly begin: () => Promise<E.Either<StepError, void>>
  /** Called between two batches. Answers whether there was anything to do. */
  readonly round: (
    context: WorkerContext<Transaction>,
    checkpoint: Position,
  ) => Promise<E.Either<StepError, boolean>>
}

/** What the work on one partition needs. */
export interface WorkerContext<Transaction> {
  readonly settings: Settings
  readonly environment: Pick<SubscriptionEnvironment<Transaction>, 'store' | 'subscriptions'>
  readonly effects: Effects
  readonly betweenBatches?: BetweenBatches<Transaction>
  readonly lease: HeldLease
  readonly memory: PartitionMemory
  /** Aborted: finish the current event, then end. */
  readonly signal: AbortSignal
  /** Whether the current event is abandoned. */
  readonly abandonment: Abandonment
  readonly sleeper: Sleeper
  /** Whether it is woken when there is something new, so that it is enough to poll now and then. */
  readonly isInformed: () => boolean
  /** Whether the lease has not expired at this time (of `performance.now`), as far as this process can know. */
  readonly mayWork: (now: number) => boolean
  /** A whole turn has succeeded: earlier trouble is over. */
  readonly recovered: () => void
  readonly onNotice: (notice: SubscriptionNotice) => void
  /** Called with what was handled. `undefined`: nobody asks for it. */
  readonly onHandled: ((notice: HandledNotice) => void) | undefined
}

/** When a batch that begins now is cut short. */
export const paceOf = <Transaction>({
  settings,
  signal,
  abandonment,
  mayWork,
}: WorkerContext<Transaction>): Pace => {
  const end = performance.now() + settings.batchTime
  return {
    handlerTimeout: settings.handlerTimeout,
    abandonment,
    next: (handled) => {
      const now = performance.now()
      if (!mayWork(now) || abandonment.isAbandoned()) return 'lost'
      if (signal.aborted) return 'enough'
      return handled > 0 && now > end ? 'enough' : 'go'
    },
  }
}
