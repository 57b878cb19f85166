import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { Transaction } from 'kysely'
import { postgres } from '../../../../src/adapters/postgres/backend'
import type { AppendRequest } from '../../../../src/core/append'
import type { InlineProjection } from '../../../../src/core/ports/inline-projection'
import type { StoredEvent } from '../../../../src/core/recorded-event'
import { eventually } from '../../../support/eventually'
import {
  insertOrder,
  type Orders,
  type OrdersDatabase,
  ordersDatabase,
} from '../../../support/orders'
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

const fresh = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, () => `order-${randomUUID()}`)

const at = (streamId: string, expectedVersion: AppendRequest['expectedVersion'], events = 1) => ({
  ...appending(streamId, events),
  expectedVersion,
})

describe("several streams inside the caller's transaction", () => {
  it("are committed with the caller's rows, or rolled back with them", async () => {
    for (const isKept of [true, false]) {
      const [one = '', other = ''] = fresh(2)
      const transaction = await db.startTransaction().execute()
      await insertOrder(transaction, one)
      const inside = store.inTransaction(transaction)
      await right(inside.appendTogether({ streams: [at(one, 0, 2), at(other, 0)] }))
      expect((await right(inside.read(one, { after: 0, limit: 9 }))).events).toHaveLength(2)
      expect(await versionOf(one)).toBe(0)
      await (isKept ? transaction.commit() : transaction.rollback()).execute()
      const found = [await isOrder(one), await versionOf(one), await versionOf(other)]
      expect(found).toEqual(isKept ? [true, 2, 1] : [false, 0, 0])
    }
  })

  it('leave it usable after a conflict, and after a command that was handled before', async () => {
    const [one = '', other = '', third = ''] = fresh(3)
    const commands = [{ commandId: 'c', skip: 0, eventCount: 1 }]
    await right(store.append({ ...at(one, 0), commands }))
    await db.transaction().execute(async (transaction) => {
      const inside = store.inTransaction(transaction)
      await insertOrder(transaction, third)
      expect(
        await left(inside.appendTogether({ streams: [at(one, 0), at(other, 0)] })),
      ).toMatchObject({
        _tag: 'VersionConflicts',
        streams: [{ streamId: one, expected: 0, actual: 1 }],
      })
      const again = [at(other, 0), { ...at(one, 'any'), commands }]
      expect(await left(inside.appendTogether({ streams: again }))).toMatchObject({
        _tag: 'CommandAlreadyHandled',
      })
      await right(inside.appendTogether({ streams: [at(one, 1), at(other, 0)] }))
    })
    expect([await isOrder(third), await versionOf(one), await versionOf(other)]).toEqual([
      true,
      2,
      1,
    ])
  })

  it.each(['commit', 'rollback'] as const)(
    'wait for another transaction, look again when it ends with a %s, and go on',
    async (end) => {
      const [one = '', other = '', third = ''] = fresh(3)
      const first = await db.startTransaction().execute()
      await right(store.inTransaction(first).append(at(other, 0)))
      const second = await db.startTransaction().execute()
      await insertOrder(second, third)
      const inside = store.inTransaction(second)
      const waiting = inside.appendTogether({ streams: [at(one, 0), at(other, 0)] })()
      await eventually(isBlocked)
      await first[end]().execute()
      const answer = await waiting
      if (end === 'commit') {
        expect(answer).toMatchObject({
          left: { streams: [{ streamId: other, expected: 0, actual: 1 }] },
        })
        await right(inside.appendTogether({ streams: [at(one, 0), at(other, 1)] }))
      } else expect(E.isRight(answer)).toBe(true)
      await second.commit().execute()
      const found = [await isOrder(third), await versionOf(one), await versionOf(other)]
      expect(found).toEqual([true, 1, end === 'commit' ? 2 : 1])
    },
  )

  it('wait for a command that another transaction is remembering, and learn that it was handled', async () => {
    const [one = '', other = ''] = fresh(2)
    const marked = (eventCount: number) => ({
      ...at(other, 'any', eventCount),
      commands: [{ commandId: 'same', skip: 0, eventCount }],
    })
    const first = await db.startTransaction().execute()
    await right(store.inTransaction(first).append(marked(0)))
    const second = await db.startTransaction().execute()
    const inside = store.inTransaction(second)
    const waiting = inside.appendTogether({ streams: [at(one, 0), marked(1)] })()
    await eventually(isBlocked)
    await first.commit().execute()
    expect(await waiting).toMatchObject({
      left: { _tag: 'CommandAlreadyHandled', streamId: other, commandId: 'same' },
    })
    await right(inside.append(at(one, 0)))
    await second.commit().execute()
    expect([await versionOf(one), await versionOf(other)]).toEqual([1, 0])
  })

  it.each(['repeatable read', 'serializable'] as const)(
    'are refused in a transaction that is %s',
    async (level) => {
      const [one = '', other = ''] = fresh(2)
      const transaction = await db.startTransaction().setIsolationLevel(level).execute()
      const inside = store.inTransaction(transaction)
      expect(
        await left(inside.appendTogether({ streams: [at(one, 0), at(other, 0)] })),
      ).toMatchObject({
        _tag: 'StoreFailed',
        reason: 'WrongIsolation',
        outcome: 'nothingWritten',
        message: expect.stringContaining(level.toUpperCase()) as string,
      })
      await transaction.rollback().execute()
      expect(await versionOf(one)).toBe(0)
    },
  )
})

describe('a stream that is only looked at', () => {
  it('is locked until the end of the transaction, and who waits for it holds no reader back', async () => {
    const [seen = '', one = '', elsewhere = ''] = fresh(3)
    const first = await db.startTransaction().execute()
    const looking = { ...at(seen, 0), events: [] }
    await right(store.inTransaction(first).appendTogether({ streams: [looking] }))
    const streams = [at(seen, 0), { ...at(one, 0), events: [] }]
    const waiting = store.appendTogether({ streams })()
    await eventually(isBlocked)
    const { positions } = await right(store.append(at(elsewhere, 0)))
    const page = await right(store.readAll({ after: (positions[0] ?? 1) - 1, limit: 10 }))
    expect(page.events.map(({ streamId }) => streamId)).toEqual([elsewhere])
    await first.commit().execute()
    expect(E.isRight(await waiting)).toBe(true)
  })

  it('lets others look at it at the same time, and append to it alone', async () => {
    const [seen = '', one = ''] = fresh(2)
    const looking = { ...at(seen, 0), events: [] }
    const first = await db.startTransaction().execute()
    await right(store.inTransaction(first).appendTogether({ streams: [looking] }))
    await right(store.appendTogether({ streams: [looking, at(one, 0)] }))
    await right(store.append(at(seen, 0)))
    await first.commit().execute()
    expect([await versionOf(seen), await versionOf(one)]).toEqual([1, 1])
  })
})

describe('inline projections of an append to several streams', () => {
  const seen: StoredEvent[] = []
  const inserting: InlineProjection<Transaction<Orders>> = {
    name: 'orders',
    project: (events, transaction) =>
      TE.tryCatch(
        async () => {
          seen.push(...events)
          for (const { streamId } of events) await insertOrder(transaction, streamId)
        },
        (cause) => cause,
      ),
  }
  beforeEach(() => seen.splice(0))
  const projecting = () => postgres(db, { inline: [inserting] }).store
  const inside = (transaction: Transaction<Orders>) => projecting().inTransaction(transaction)

  it('receive the events of all streams as they are stored, oldest first', async () => {
    const [one = '', other = '', idle = ''] = fresh(3)
    const streams = [at(other, 0), { ...at(idle, 0), events: [] }, at(one, 0)]
    const answer = await right(projecting().appendTogether({ streams }))
    const positions = seen.map(({ position }) => position)
    expect(positions).toEqual([...positions].sort((left, right) => left - right))
    expect([...positions].sort()).toEqual(
      answer.streams.flatMap((stream) => stream.positions).sort(),
    )
    for (const id of [one, other]) {
      const { events } = await right(store.read(id, { after: 0, limit: 9 }))
      expect(seen.filter(({ streamId }) => streamId === id)).toEqual(events)
    }
    expect([await isOrder(one), await isOrder(other), await isOrder(idle)]).toEqual([
      true,
      true,
      false,
    ])
  })

  it('undo all of it when they fail, and do not run for what does not fit', async () => {
    const [one = '', other = '', taken = ''] = fresh(3)
    await db.insertInto('orders').values({ id: other }).execute()
    const streams = [at(one, 0), at(other, 0)]
    expect(await left(projecting().appendTogether({ streams }))).toMatchObject({
      _tag: 'ProjectionFailed',
      projection: 'orders',
    })
    expect([await versionOf(one), await versionOf(other), await isOrder(one)]).toEqual([
      0,
      0,
      false,
    ])
    seen.splice(0)
    await right(store.append(at(taken, 0)))
    const conflicting = { streams: [at(one, 0), at(taken, 0)] }
    expect(await left(projecting().appendTogether(conflicting))).toMatchObject({
      _tag: 'VersionConflicts',
    })
    expect(seen).toEqual([])
  })

  it("run in the caller's transaction, which goes on when they fail", async () => {
    const [one = '', other = '', third = ''] = fresh(3)
    await db.transaction().execute(async (transaction) => {
      await insertOrder(transaction, other)
      const refused = inside(transaction).appendTogether({ streams: [at(one, 0), at(other, 0)] })
      expect(await left(refused)).toMatchObject({ _tag: 'ProjectionFailed' })
      await right(inside(transaction).appendTogether({ streams: [at(one, 0), at(third, 0)] }))
    })
    expect([await versionOf(one), await versionOf(other), await versionOf(third)]).toEqual([
      1, 0, 1,
    ])
    expect([await isOrder(one), await isOrder(third)]).toEqual([true, true])
  })
})
