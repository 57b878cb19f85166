import { sql } from 'kysely'
import { memoryDocuments } from '../../src/adapters/memory/documents'
import { memoryOperator } from '../../src/adapters/memory/operator'
import { memoryProjections } from '../../src/adapters/memory/read-models'
import { memoryRequests } from '../../src/adapters/memory/request-store'
import { memoryStore } from '../../src/adapters/memory/store'
import { memorySubscriptions } from '../../src/adapters/memory/subscription-store'
import { postgresRequests } from '../../src/adapters/postgres/outbox/outbox-store'
import { type Office, openOffice, type Premises } from '../../examples/bank/office'
import { transferManager } from '../../examples/bank/transfer/manager'
import type { EventStore } from '../../src/core/ports/event-store'
import { postgresReadSide } from './postgres-read-side'
import { pendingOf } from './operating'

/** The bank of the examples on a store of its own. */
export interface BankUnderTest {
  readonly store: EventStore
  readonly open: () => Promise<Office>
  /** The timers that transfers have set. */
  readonly timers: () => Promise<ReadonlyArray<string | undefined>>
  /** The time of all timers comes. */
  readonly timePasses: () => Promise<void>
  readonly close: () => Promise<void>
}

const bankIn = <Transaction>(
  premises: Premises<Transaction>,
  timePasses: () => Promise<void>,
  close: () => Promise<void>,
): BankUnderTest => ({
  store: premises.store,
  open: () => openOffice(premises),
  timers: async () =>
    (await pendingOf(premises.operator, transferManager.name)).map(({ timer }) => timer),
  timePasses,
  close,
})

const A_DAY = 86_400_000

/** The stores that the bank's scenarios run on. */
export const banks: ReadonlyArray<readonly [string, () => Promise<BankUnderTest>]> = [
  [
    'memory',
    async () => {
      const documents = memoryDocuments()
      const store = memoryStore()
      let ahead = 0
      const premises = {
        store,
        subscriptions: memorySubscriptions(documents),
        projections: memoryProjections(documents),
        requests: memoryRequests(documents, () => Date.now() + ahead),
        operator: memoryOperator({ store, documents }),
      }
      const timePasses = async () => {
        ahead += A_DAY
      }
      return bankIn(premises, timePasses, async () => undefined)
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const side = await postgresReadSide()
      const timePasses = async () => {
        await sql`update reprise.requests set due_at = now() where timer is not null`.execute(
          side.db,
        )
      }
      return bankIn({ ...side, requests: postgresRequests(side.db) }, timePasses, side.close)
    },
  ],
]
