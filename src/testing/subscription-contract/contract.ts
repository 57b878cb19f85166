import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import { type Opened, registerSuites, type TestWords } from '../suites'
import { claims } from './claims'
import { crashes } from './crashes'
import { filters } from './filters'
import { holdingBack } from './holding-back'
import { ending } from './ending'
import { lineages } from './lineages'
import { registering } from './registering'
import { steps } from './steps'
import { type Suite, marking, type Subscriptions } from './subject'
import { waiting } from './waiting'

/** A store that is open for one test. It may hold any other subscriptions. */
export interface SubscriptionsUnderContract<Transaction> extends Opened {
  readonly subscriptions: SubscriptionStore<Transaction>
  /** The same data over separate connections, as another process would see it. */
  readonly second?: SubscriptionStore<Transaction>
  /** Writes a record in the transaction by which {@link isMarked} finds `name` again. Fails with `StoreFailed`. */
  readonly mark: (transaction: Transaction, name: string) => TaskEither<StoreFailed, void>
  /** Whether there is such a record, read outside of the transaction. Fails with `StoreFailed`. */
  readonly isMarked: (name: string) => TaskEither<StoreFailed, boolean>
}

/** What {@link subscriptionStoreContract} needs: a store, and the functions of a test runner. */
export interface SubscriptionStoreContract<Transaction> extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test. */
  readonly open: () => Promise<SubscriptionsUnderContract<Transaction>>
}

const suites: ReadonlyArray<Suite> = [
  registering,
  filters,
  claims,
  crashes,
  steps,
  lineages,
  holdingBack,
  ending,
  waiting,
]

/**
 * Registers every test that a store of subscriptions must pass. There are no opt-outs. Each test uses
 * subscriptions of its own, so the store may be shared.
 *
 * @example
 * const open = async () => {
 *   const { subscriptions, documents, close } = memory()
 *   const mark = (transaction: MemoryTransaction, name: string) =>
 *     documents.inTransaction(transaction).put('marks', name, true)
 *   const isMarked = (name: string) =>
 *     TE.map((found: unknown) => found !== undefined)(documents.get('marks', name))
 *   return { subscriptions, mark, isMarked, close }
 * }
 * subscriptionStoreContract({ name: 'memory', open, describe, it })
 */
export const subscriptionStoreContract = <Transaction>({
  name,
  open,
  ...words
}: SubscriptionStoreContract<Transaction>): void => {
  const subject = async (): Promise<Subscriptions> => {
    const { subscriptions, second = subscriptions, mark, isMarked, close } = await open()
    return { store: marking(subscriptions, mark), second: marking(second, mark), isMarked, close }
  }
  registerSuites(`${name}: the subscription store contract`, suites, subject, words)
}
