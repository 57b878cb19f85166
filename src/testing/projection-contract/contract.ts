import type { Projections } from '../../core/ports/projection-store'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import { type Opened, registerSuites, type TestWords } from '../suites'
import type { Transact } from '../transact'
import { builds } from './builds'
import { buildLives } from './build-lives'
import { rollbacks } from './rollbacks'
import { documents } from './documents'
import { guarded } from './guarded'
import { lists } from './lists'
import type { Suite, ReadModels } from './subject'
import { transactions } from './transactions'

/** A store that is open for one test. It may hold any other documents. */
export interface ProjectionsUnderContract<Transaction> extends Opened {
  readonly documents: Projections<Transaction>
  /** The same data over separate connections, as another process would see it. */
  readonly second?: Projections<Transaction>
  /** Whose checkpoints say how far the builds of a projection have come, and what of them is held back. */
  readonly subscriptions: Pick<
    SubscriptionStore<Transaction>,
    'register' | 'claim' | 'save' | 'stop' | 'leave' | 'reached'
  >
  readonly transact: Transact<Transaction>
}

/** What {@link projectionStoreContract} needs: a store, and the functions of a test runner. */
export interface ProjectionStoreContract<Transaction> extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test. */
  readonly open: () => Promise<ProjectionsUnderContract<Transaction>>
}

const suites: ReadonlyArray<Suite> = [
  documents,
  lists,
  guarded,
  transactions,
  builds,
  buildLives,
  rollbacks,
]

/**
 * Registers every test that a store of read models must pass. There are no opt-outs. Each test uses
 * collections of its own, so the store may be shared.
 *
 * @example
 * projectionStoreContract({
 *   name: 'memory',
 *   open: async () => {
 *     const backend = memory()
 *     return { ...backend, transact: transactThrough(backend.subscriptions) }
 *   },
 *   describe,
 *   it,
 * })
 */
export const projectionStoreContract = <Transaction>({
  name,
  open,
  ...words
}: ProjectionStoreContract<Transaction>): void => {
  const subject = async (): Promise<ReadModels> => {
    const { documents, second = documents, subscriptions, transact, close } = await open()
    return {
      store: documents,
      second,
      subscriptions,
      transact: (work) => transact((transaction) => work(documents.inTransaction(transaction))),
      close,
    }
  }
  registerSuites(`${name}: the projection store contract`, suites, subject, words)
}
