import { sql } from 'kysely'
import { memory } from '../../src/adapters/memory/backend'
import { onlySource } from '../../examples/bank/database'
import { type Office, openOffice } from '../../examples/bank/office'
import { transferManager } from '../../examples/bank/transfer/manager'
import type { Backend } from '../../src/core/ports/backend'
import type { EventStore } from '../../src/core/ports/event-store'
import { pendingOf } from './operating'
import { postgresReadSide } from './postgres-read-side'

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
  backend: Backend<Transaction>,
  timePasses: () => Promise<void>,
  close: () => Promise<void>,
): BankUnderTest => ({
  store: backend.store,
  open: () => openOffice(onlySource(backend)),
  timers: async () =>
    (await pendingOf(backend.operator, transferManager.name)).map(({ timer }) => timer),
  timePasses,
  close,
})

const A_DAY = 86_400_000

/** The stores that the bank's scenarios run on. */
export const banks: ReadonlyArray<readonly [string, () => Promise<BankUnderTest>]> = [
  [
    'memory',
    async () => {
      let ahead = 0
      const backend = memory({ now: () => Date.now() + ahead })
      const timePasses = async () => {
        ahead += A_DAY
      }
      return bankIn(backend, timePasses, backend.close)
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const side = await postgresReadSide()
      const timePasses = async () => {
        await sql`update reprise.outbox set due_at = now() where timer is not null`.execute(side.db)
      }
      return bankIn(side, timePasses, side.close)
    },
  ],
]
