import type { Operator } from '../../src/core/ports/operator'
import type { Projections } from '../../src/core/ports/projection-store'
import type { RequestStore } from '../../src/core/ports/request-store'
import type { SubscriptionStore } from '../../src/core/ports/subscription-store'

/** What a suite of the read side is run on. */
export interface ReadSideUnderTest<Transaction> {
  readonly subscriptions: SubscriptionStore<Transaction>
  readonly projections: Projections<Transaction>
  readonly operator: Operator
  readonly close: () => Promise<void>
}

/** What the contracts of the read side are run on. */
export interface ReadSide<Transaction> {
  readonly subscriptions: SubscriptionStore<Transaction>
  readonly projections: Projections<Transaction>
  readonly requests: RequestStore<Transaction>
}
