import { memoryDocuments } from '../../src/adapters/memory/documents'
import { memoryProjections } from '../../src/adapters/memory/read-models'
import { memoryRequests } from '../../src/adapters/memory/request-store'
import { memoryStore } from '../../src/adapters/memory/store'
import { memorySubscriptions } from '../../src/adapters/memory/subscription-store'
import { postgresRequests } from '../../src/adapters/postgres/request-store'
import { type Office, openOffice, type Premises } from '../../examples/bank/office'
import { transferManager } from '../../examples/bank/transfer/manager'
import type { EventStore } from '../../src/core/ports/event-store'
import { postgresReadSide } from './postgres-read-side'
import { right } from './right'

/** The bank of the examples on a store of its own. */
export interface BankUnderTest {
  readonly store: EventStore
  readonly open: () => Promise<Office>
  /** The timers that transfers have set. */
  readonly timers: () => Promise<ReadonlyArray<string | undefined>>
  readonly close: () => Promise<void>
}

const bankIn = <Transaction>(
  premises: Premises<Transaction>,
  close: () => Promise<void>,
): BankUnderTest => ({
  store: premises.store,
  open: () => openOffice(premises),
  timers: async () =>
    (await right(premises.requests.waiting(transferManager.name))).map(({ timer }) => timer),
  close,
})

/** The stores that the bank's scenarios run on. */
export const banks: ReadonlyArray<readonly [string, () => Promise<BankUnderTest>]> = [
  [
    'memory',
    async () => {
      const documents = memoryDocuments()
      const premises = {
        store: memoryStore(),
        subscriptions: memorySubscriptions(documents),
        projections: memoryProjections(documents),
        requests: memoryRequests(documents),
      }
      return bankIn(premises, async () => undefined)
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const side = await postgresReadSide()
      return bankIn({ ...side, requests: postgresRequests(side.db) }, side.close)
    },
  ],
]
