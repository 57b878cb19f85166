import type { Projections } from '../../src/core/ports/projection-store'
import type { SubscriptionStore } from '../../src/core/ports/subscription-store'

/** What a contract of the read side is run on. */
export interface ReadSideUnderTest<Transaction> {
  readonly subscriptions: SubscriptionStore<Transaction>
  readonly projections: Projections<Transaction>
  readonly close: () => Promise<void>
}
