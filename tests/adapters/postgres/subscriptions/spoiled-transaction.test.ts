import * as E from 'fp-ts/Either'
import { sql, type Transaction } from 'kysely'
import type { PoisonPolicy } from '../../../../src/core/poison'
import { runSubscriptionInTransaction } from '../../../../src/shell/subscription/run-subscription'
import { eventually } from '../../../support/eventually'
import {
  type NoTables,
  postgresReadSide,
  type PostgresReadSide,
} from '../../../support/postgres-read-side'
import { decideStream, heldBy } from '../../../support/operating'
import { right } from '../../../support/right'
import { running, type Running } from '../../../support/running'
import { appendTicks, type Tick, ticks } from '../../../support/ticks'

// The failure of a statement aborts its transaction in PostgreSQL. A handler that hides it has not
// succeeded: nothing that it and those before it have written can be committed.
describe('a handler that hides the failure of a statement', () => {
  let side: PostgresReadSide
  let started: Array<Running<unknown>> = []
  let isMended = false
  beforeEach(async () => {
    side = await postgresReadSide()
    isMended = false
    await sql`create table noted (step integer not null)`.execute(side.db)
  })
  afterEach(async () => {
    await Promise.all(started.map(({ stop }) => stop()))
    started = []
    await side.close()
  })

  const noted = async () =>
    (await sql<{ step: number }>`select step from noted order by step`.execute(side.db)).rows.map(
      ({ step }) => step,
    )
  /** Notes every step; 13 spoils the transaction, and says that all is well. */
  const hiding = (_tag: PoisonPolicy['_tag']) => {
    const subscription = running((signal) =>
      runSubscriptionInTransaction<Tick, Transaction<NoTables>>({
        name: 'hiding',
        events: ticks,
        leaseDuration: 600,
        maxPollInterval: 20,
        poison: { _tag, attempts: 2, firstBackoff: 1, maxBackoff: 1 },
        handle:
          ({ event }, transaction) =>
          async () => {
            const step = event.type === 'Ticked' ? event.by : 0
            if (step === 13 && !isMended) {
              await sql`select 1 / 0`.execute(transaction).catch(() => undefined)
              return E.right(undefined)
            }
            await sql`insert into noted values (${step})`.execute(transaction)
            return E.right(undefined)
          },
      })(side, { signal }),
    )
    started.push(subscription)
    return subscription
  }
  const parked = async () =>
    eventually(async () => {
      const [found] = await heldBy(side.operator, 'hiding')
      return found?.parked === true && found
    })
  const said =
    /^hiding could not handle the event at position 3: .*an earlier statement of this transaction has failed, and its error was ignored/

  it('is parked at its event, and all others have their effect once', async () => {
    await appendTicks(side.store, 'tick-1', 1)
    await appendTicks(side.store, 'tick-2', 2, 13, 4, 5)
    const [last] = await appendTicks(side.store, 'tick-3', 6)
    hiding('Park')
    const held = await parked()
    expect(held).toMatchObject({ streamId: 'tick-2', version: 2, attempts: 2 })
    expect(held.failure.message).toMatch(said)
    await eventually(async () => (await right(side.subscriptions.reached('hiding'))) === last)
    expect(await noted()).toEqual([1, 2, 6])

    isMended = true
    await decideStream(side.operator, 'hiding', 'tick-2', 'retry')
    await eventually(async () => (await noted()).length === 6)
    expect(await noted()).toEqual([1, 2, 4, 5, 6, 13])
  })

  it.each([
    ['with more behind it', [13, 2, 13, 4]],
    ['as the last one', [13, 2, 13]],
  ])('is found among the events that were held back, too, %s', async (_where, steps) => {
    await appendTicks(side.store, 'tick-2', ...steps)
    hiding('Park')
    expect(await parked()).toMatchObject({ version: 1 })
    await decideStream(side.operator, 'hiding', 'tick-2', 'skip')
    const held = await eventually(async () => {
      const now = await parked()
      return now.version === 3 && now
    })
    expect(held.failure.message).toMatch(said)
    expect(await noted()).toEqual([2])
  })

  it('stops its subscription when the policy says so', async () => {
    await appendTicks(side.store, 'tick-1', 1)
    await appendTicks(side.store, 'tick-2', 2, 13, 4)
    const ended = await hiding('Stop').ended
    expect(ended).toMatchObject(
      E.left({
        _tag: 'SubscriptionStopped',
        failure: { message: expect.stringMatching(said) },
      }),
    )
    expect(await noted()).toEqual([1, 2])
  })
})
