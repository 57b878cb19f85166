import type { Executor } from '../../../../src/adapters/postgres/connection/query'
import { claimsIn } from '../../../../src/adapters/postgres/subscriptions/claims'
import { postgresReadSide, type PostgresReadSide } from '../../../support/postgres-read-side'
import { left, right } from '../../../support/right'
import { appendTicks } from '../../../support/ticks'

let side: PostgresReadSide
beforeEach(async () => {
  side = await postgresReadSide()
})
afterEach(() => side.close())

const LONG = 60_000
const created = async (name: string): Promise<string> => {
  await right(side.subscriptions.register({ name, partitions: 1, position: 0 }))
  return name
}

describe('claims', () => {
  it('that come together share a statement, and each gets its own answer', async () => {
    const names = await Promise.all(['b', 'a', 'c'].map(created))
    let sent = 0
    const executeQuery: Executor['executeQuery'] = (query) => {
      sent++
      return side.db.executeQuery(query)
    }
    const claim = claimsIn('reprise', { executeQuery })
    const claims = await Promise.all(names.map((name) => right(claim(name, 'me', LONG))))
    expect(claims.map(({ leases }) => leases[0]?.subscription)).toEqual(['b', 'a', 'c'])
    expect(sent).toBe(1)
    const nothing = await right(claim('nothing', 'me', LONG))
    expect(nothing).toMatchObject({ leases: [], share: 0, stopped: [] })
    expect(sent).toBe(2)
  })

  it('do not fail because of one among them that the database refuses', async () => {
    const good = await created('good')
    const [answer, failure] = await Promise.all([
      right(side.subscriptions.claim(good, 'me', LONG)),
      left(side.subscriptions.claim('bad \u0000', 'me', LONG)),
    ])
    expect(answer.leases).toHaveLength(1)
    expect(failure).toMatchObject({ _tag: 'StoreFailed', reason: 'DataRefused' })
  })

  it('say how far the store can be read: not past an append that is open', async () => {
    const name = await created('reader')
    const readable = async () => (await right(side.subscriptions.claim(name, 'me', LONG))).readable
    expect(await readable()).toBe(0)
    const [first] = await appendTicks(side.store, 'tick-1', 1)
    expect(await readable()).toBe(first)
    const open = await side.db.startTransaction().execute()
    await appendTicks(side.store.inTransaction(open), 'tick-2', 1)
    const [last] = await appendTicks(side.store, 'tick-3', 1)
    expect(await readable()).toBe(first)
    await open.commit().execute()
    expect(await readable()).toBe(last)
    const undone = await side.db.startTransaction().execute()
    await appendTicks(side.store.inTransaction(undone), 'tick-4', 1)
    await undone.rollback().execute()
    expect(await readable()).toBe(last)
  })

  it('say when the next command of a process manager is due', async () => {
    const name = await created('process:orders')
    const dueIn = async () => (await right(side.subscriptions.claim(name, 'me', LONG))).dueIn
    expect(await dueIn()).toBeUndefined()
    const add = (id: string, delay: number) =>
      side.db
        .transaction()
        .execute((transaction) =>
          right(
            side.outbox
              .inTransaction(transaction)
              .add(
                { process: 'orders', key: 'k', id, command: {}, metadata: {} },
                { _tag: 'After', timer: id, delay },
              ),
          ),
        )
    await add('later', 50_000)
    expect(await dueIn()).toBeGreaterThan(10_000)
    expect(await dueIn()).toBeLessThanOrEqual(50_000)
    await add('now', 0)
    expect(await dueIn()).toBeLessThanOrEqual(0)
    const plain = await right(side.subscriptions.claim(await created('orders'), 'me', LONG))
    expect(plain).not.toHaveProperty('dueIn')
  })
})
