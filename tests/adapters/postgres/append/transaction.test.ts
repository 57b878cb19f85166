import { CompiledQuery } from 'kysely'
import { migrate } from '../../../../src/adapters/postgres/schema/migrate'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { eventually } from '../../../support/eventually'
import { insertOrder, type OrdersDatabase, ordersDatabase } from '../../../support/orders'
import { migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'

let orders: OrdersDatabase
let db: OrdersDatabase['db']
let store: OrdersDatabase['store']
beforeAll(async () => {
  orders = await ordersDatabase()
  ;({ db, store } = orders)
})
afterAll(() => orders.close())

const versionOf = (streamId: string) => orders.versionOf(streamId)
const isOrder = (id: string) => orders.isOrder(id)
const isBlocked = () => orders.isBlocked()

describe("append inside the caller's transaction", () => {
  it("is committed with the caller's rows", async () => {
    await db.transaction().execute(async (transaction) => {
      await insertOrder(transaction, 'kept')
      await right(store.inTransaction(transaction).append(appending('order-kept', 2)))
      expect(await versionOf('order-kept')).toBe(0)
    })
    expect([await isOrder('kept'), await versionOf('order-kept')]).toEqual([true, 2])
  })

  it("is rolled back with the caller's rows", async () => {
    const refused = db.transaction().execute(async (transaction) => {
      await insertOrder(transaction, 'gone')
      await right(store.inTransaction(transaction).append(appending('order-gone', 2)))
      throw new Error('second thoughts')
    })
    await expect(refused).rejects.toThrow('second thoughts')
    expect([await isOrder('gone'), await versionOf('order-gone')]).toEqual([false, 0])
  })

  it('sees its own events, which no other connection sees yet', async () => {
    await db.transaction().execute(async (transaction) => {
      const inside = store.inTransaction(transaction)
      await right(inside.append(appending('order-own', 3)))
      expect((await right(inside.read('order-own', { after: 0, limit: 9 }))).events).toHaveLength(3)
      expect(await versionOf('order-own')).toBe(0)
    })
  })

  it('leaves the transaction usable after a conflict', async () => {
    await right(store.append(appending('order-taken')))
    await db.transaction().execute(async (transaction) => {
      const inside = store.inTransaction(transaction)
      const again = { ...appending('order-taken'), expectedVersion: 'mustNotExist' } as const
      expect(await left(inside.append(again))).toMatchObject({ _tag: 'VersionConflict', actual: 1 })
      await insertOrder(transaction, 'after a conflict')
      await right(inside.append(appending('order-taken')))
    })
    expect([await isOrder('after a conflict'), await versionOf('order-taken')]).toEqual([true, 2])
  })

  it('holds one advisory lock, however many appends there are', async () => {
    await db.transaction().execute(async (transaction) => {
      const inside = store.inTransaction(transaction)
      for (let n = 0; n < 5; n++) await right(inside.append(appending(`order-many${n}`, 2)))
      const { rows } = await transaction.executeQuery<{ locks: number }>(
        CompiledQuery.raw(
          `select count(*)::integer as locks from pg_locks
           where locktype = 'advisory' and pid = pg_backend_pid()`,
        ),
      )
      expect(rows).toEqual([{ locks: 1 }])
    })
  })

  it('is undone by a savepoint alone, and announced again afterwards', async () => {
    const transaction = await db.startTransaction().execute()
    const before = await transaction.savepoint('before').execute()
    await right(store.inTransaction(transaction).append(appending('order-undone', 2)))
    const after = await before.rollbackToSavepoint('before').execute()
    await right(store.append(appending('order-elsewhere')))
    await right(store.inTransaction(after).append(appending('order-second')))
    // The lock that went with the savepoint was taken again: the horizon is held below what is open.
    const { upTo, events } = await right(store.readAll({ after: 0, limit: 1000 }))
    expect(events.at(-1)?.position).toBeLessThanOrEqual(upTo)
    await after.commit().execute()
    const later = await right(store.readAll({ after: upTo, limit: 1000 }))
    expect(later.events.map(({ streamId }) => streamId)).toContain('order-second')
    expect([await versionOf('order-undone'), await versionOf('order-second')]).toEqual([0, 1])
  })

  describe('of a command that another open transaction is remembering', () => {
    const marked = (streamId: string, events: number) => ({
      ...appending(streamId, events),
      commands: [{ commandId: 'c', skip: 0, eventCount: events }],
    })

    it.each([
      [0, 0],
      [0, 2],
      [2, 0],
      [2, 1],
    ])(
      'learns that it was handled, and continues: the first gave %i events, the second would give %i',
      async (first, second) => {
        const id = `order-twice-${first}-${second}`
        const [one, two] = [
          await db.startTransaction().execute(),
          await db.startTransaction().execute(),
        ]
        await right(store.inTransaction(one).append(marked(id, first)))
        const waiting = store.inTransaction(two).append(marked(id, second))()
        await eventually(isBlocked)
        await one.commit().execute()
        expect(await waiting).toMatchObject({
          left: { _tag: 'CommandAlreadyHandled', commandId: 'c', after: 0, eventCount: first },
        })
        await insertOrder(two, id)
        await right(store.inTransaction(two).append(appending(id)))
        await two.commit().execute()
        expect([await isOrder(id), await versionOf(id)]).toEqual([true, first + 1])
      },
    )

    it.each([0, 2])('handles it when the other one is rolled back (%i events)', async (events) => {
      const id = `order-freed-${events}`
      const [one, two] = [
        await db.startTransaction().execute(),
        await db.startTransaction().execute(),
      ]
      await right(store.inTransaction(one).append(marked(id, events)))
      const waiting = store.inTransaction(two).append(marked(id, events))()
      await eventually(isBlocked)
      await one.rollback().execute()
      expect(await waiting).toMatchObject({ right: { version: events } })
      await two.commit().execute()
      expect(await versionOf(id)).toBe(events)
    })

    it.each(['repeatable read', 'serializable'] as const)(
      'is a conflict of transactions where it cannot be seen: %s',
      async (level) => {
        for (const events of [0, 2]) {
          const id = `order-${level.slice(0, 6)}-${events}`
          const open = () => db.startTransaction().setIsolationLevel(level).execute()
          const [one, two] = [await open(), await open()]
          await two.executeQuery(CompiledQuery.raw('select 1'))
          await right(store.inTransaction(one).append(marked(id, events)))
          const waiting = store.inTransaction(two).append(marked(id, events))()
          await eventually(isBlocked)
          await one.commit().execute()
          expect(await waiting).toMatchObject({
            left: { _tag: 'StoreFailed', reason: 'TransactionRefused', outcome: 'nothingWritten' },
          })
          await two.rollback().execute()
        }
      },
    )
  })

  it('announces for each of two schemas that share one transaction', async () => {
    const other = await migratedDatabase('one')
    const both = other.connect()
    await right(migrate(both, 'two'))
    const [one, two] = [
      postgres(both, { schema: 'one' }).store,
      postgres(both, { schema: 'two' }).store,
    ]
    await right(one.append(appending('counter-1', 9)))
    const transaction = await both.startTransaction().execute()
    await right(one.inTransaction(transaction).append(appending('counter-2')))
    await right(two.inTransaction(transaction).append(appending('counter-2')))
    await right(two.append(appending('counter-3')))
    expect((await right(two.readAll({ after: 0, limit: 9 }))).upTo).toBe(0)
    expect((await right(one.readAll({ after: 0, limit: 99 }))).upTo).toBe(9)
    await transaction.commit().execute()
    expect((await right(two.readAll({ after: 0, limit: 9 }))).upTo).toBe(2)
    await other.close()
  })
})
