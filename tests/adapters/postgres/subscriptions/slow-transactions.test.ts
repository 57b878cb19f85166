import * as E from 'fp-ts/Either'
import type { Transaction } from 'kysely'
import { parkAfter } from '../../../../src/core/poison'
import { postgresSubscriptions } from '../../../../src/adapters/postgres/subscriptions/subscription-store'
import type { SubscriptionNotice } from '../../../../src/shell/subscription/environment'
import { runSubscriptionInTransaction } from '../../../../src/shell/subscription/run-subscription'
import { eventually } from '../../../support/eventually'
import { heldBy } from '../../../support/operating'
import {
  type NoTables,
  postgresReadSide,
  type PostgresReadSide,
} from '../../../support/postgres-read-side'
import { right } from '../../../support/right'
import { running, type Running } from '../../../support/running'
import { appendTicks, type Tick, ticks } from '../../../support/ticks'

// The server ends a transaction in which no statement comes for too long.
describe('a handler that does something else than SQL in its transaction', () => {
  let side: PostgresReadSide
  let run: Running<unknown> | undefined
  let notices: SubscriptionNotice[]
  beforeEach(async () => {
    side = await postgresReadSide()
    notices = []
  })
  afterEach(async () => {
    await run?.stop()
    await side.close()
  })

  const start = (longestIdling: number, milliseconds: (event: Tick) => number) => {
    const subscriptions = postgresSubscriptions(side.db, 'reprise', longestIdling)
    run = running((signal) =>
      runSubscriptionInTransaction<Tick, Transaction<NoTables>>({
        name: 'slow',
        events: ticks,
        maxPollInterval: 20,
        poison: { ...parkAfter(2), firstBackoff: 5, maxBackoff: 20 },
        handle:
          ({ event }) =>
          async () => {
            await new Promise((resolve) => setTimeout(resolve, milliseconds(event)))
            return E.right(undefined)
          },
      })({ ...side, subscriptions }, { signal, onNotice: (notice) => void notices.push(notice) }),
    )
  }

  it('gets on: the batches become shorter than the time that a transaction may be idle', async () => {
    const positions = await appendTicks(
      side.store,
      'tick-1',
      ...Array.from({ length: 201 }, () => 1),
    )
    start(300, () => 8)
    await eventually(
      async () => (await right(side.subscriptions.reached('slow'))) === positions.at(-1),
    )
    expect(notices.filter(({ _tag }) => _tag === 'EventFailed')).toEqual([])
  })

  it('is parked with the reason of the server when one event alone takes too long', async () => {
    await appendTicks(side.store, 'tick-1', 13)
    const [last] = await appendTicks(side.store, 'tick-2', 1)
    start(100, (event) => (event.type === 'Ticked' && event.by === 13 ? 400 : 1))
    await eventually(async () => (await right(side.subscriptions.reached('slow'))) === last)
    const [held] = await eventually(async () => {
      const found = await heldBy(side.operator, 'slow')
      return found.some(({ parked }) => parked) && found
    })
    expect(held).toMatchObject({ streamId: 'tick-1', attempts: 2 })
    expect(held?.failure.message).toContain('idle_in_transaction_session_timeout')
  })
})
