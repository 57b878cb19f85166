import * as E from 'fp-ts/Either'
import type { Kysely, Transaction } from 'kysely'
import { Client } from 'pg'
import { type InlineProjection, type Notice, openCategory, type OpenCategory } from 'reprise'
import { postgres } from '../../../../src/adapters/postgres/backend'
import {
  add,
  type BelowZero,
  counter,
  type CounterCommand,
  type CounterEvent,
  type CounterState,
} from '../../../support/counter'
import { blockedIn } from '../../../support/blocked'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'

interface Shop {
  readonly mails: { readonly id: string }
}

/** Keeps the number of events of each stream, and refuses the 100th. */
const counted: InlineProjection<Transaction<Shop>> = {
  name: 'counted',
  project: (events, _, documents) => async () => {
    const last = events.at(-1)
    if (last === undefined) return E.right(undefined)
    return last.version >= 100
      ? E.left('too many')
      : documents.put('counted', last.streamId, last.version)()
  },
}

let database: MigratedDatabase<Shop>
let admin: Client
let db: Kysely<Shop>
let backend: ReturnType<typeof postgres<Shop>>
const everyEvent = {
  ...counter,
  snapshots: { ...counter.snapshots!, policy: { _tag: 'EveryNEvents', events: 1 } as const },
}
const open = () => openCategory(counter, backend)
let counters: ReturnType<typeof open>
beforeAll(async () => {
  database = await migratedDatabase<Shop>()
  db = database.connect()
  backend = postgres(db, { inline: [counted] })
  counters = open()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  await admin.query('create table mails (id text primary key)')
})
afterAll(async () => {
  await admin.end()
  await database.close()
})

const mail = (transaction: Transaction<Shop>, id: string) =>
  transaction.insertInto('mails').values({ id }).execute()
const hasMail = async (id: string): Promise<boolean> =>
  (await db.selectFrom('mails').where('id', '=', id).selectAll().execute()).length > 0
const begin = () => db.startTransaction().execute()

const isBlocked = async (): Promise<boolean> => (await blockedIn(admin)) > 0

describe("a command in the caller's transaction", () => {
  it("is committed with the caller's rows, and with the inline projections", async () => {
    await db.transaction().execute(async (transaction) => {
      await mail(transaction, 'kept')
      const handled = await right(
        counters.inTransaction(transaction).handleCommand('kept', add(1, 2)),
      )
      expect(handled).toMatchObject({ version: 2, state: { total: 3 } })
      expect(await right(open().load('kept'))).toMatchObject({ version: 0 })
    })
    expect(await hasMail('kept')).toBe(true)
    expect(await right(open().load('kept'))).toMatchObject({ version: 2, state: { total: 3 } })
    expect((await right(backend.documents.get('counted', 'counter-kept')))?.value).toBe(2)
  })

  it("is rolled back with the caller's rows, and nothing of it stays in memory", async () => {
    await right(counters.handleCommand('gone', add(1)))
    const transaction = await begin()
    await mail(transaction, 'gone')
    const inside = counters.inTransaction(transaction)
    await right(inside.handleCommand('gone', add(10)))
    expect(await right(inside.load('gone'))).toMatchObject({ version: 2, state: { total: 11 } })
    expect(await right(counters.cached('gone'))).toMatchObject({ version: 1, state: { total: 1 } })
    await transaction.rollback().execute()
    expect(await hasMail('gone')).toBe(false)
    expect(await right(counters.cached('gone'))).toMatchObject({ version: 1, state: { total: 1 } })
    expect(await right(counters.handleCommand('gone', add(-1)))).toMatchObject({
      version: 2,
      state: { total: 0 },
    })
  })

  it('takes no snapshot of what is not committed', async () => {
    const notices: string[] = []
    const onNotice = ({ _tag }: Notice): void => void notices.push(_tag)
    const eager = openCategory(everyEvent, backend, { onNotice })
    const transaction = await begin()
    const inside = eager.inTransaction(transaction)
    await right(inside.handleCommand('snapped', add(1)))
    await right(inside.handleCommand('snapped', add(1)))
    await transaction.rollback().execute()
    expect(notices).toEqual([])
    const { rows } = await admin.query(
      `select from reprise.snapshots where stream_id = 'counter-snapped'`,
    )
    expect(rows).toEqual([])
    await right(eager.handleCommand('snapped', add(1)))
    await eager.snapshotsSettled()
    const later = await admin.query(
      `select from reprise.snapshots where stream_id = 'counter-snapped'`,
    )
    expect(later.rows).toHaveLength(1)
  })

  it('decides each on what the one before has led to', async () => {
    await db.transaction().execute(async (transaction) => {
      const { handleCommand } = counters.inTransaction(transaction)
      await right(handleCommand('chain', add(5)))
      expect(await left(handleCommand('chain', add(-6)))).toMatchObject({
        _tag: 'Rejected',
        rejection: { _tag: 'BelowZero', total: 5 },
      })
      const all = await Promise.all([
        handleCommand('chain', add(-2))(),
        handleCommand('chain', add(-2))(),
        handleCommand('chain', add(-2))(),
      ])
      expect(all.filter(E.isRight)).toHaveLength(2)
    })
    expect(await right(open().load('chain'))).toMatchObject({ version: 3, state: { total: 1 } })
  })

  it('leaves the transaction usable after a rejection, a pinned conflict, an invalid command and a projection that fails', async () => {
    await right(counters.handleCommand('usable', add(...Array.from({ length: 99 }, () => 1))))
    await db.transaction().execute(async (transaction) => {
      const { handleCommand } = counters.inTransaction(transaction)
      await mail(transaction, 'usable')
      expect(await left(handleCommand('usable', add(-100)))).toMatchObject({ _tag: 'Rejected' })
      expect(
        await left(handleCommand('usable', add(1), { expectedVersion: 'mustNotExist' })),
      ).toMatchObject({ _tag: 'VersionConflict', actual: 99 })
      const wrong = { type: 'Add' } as unknown as CounterCommand
      expect(await left(handleCommand('usable', wrong))).toMatchObject({ _tag: 'InvalidCommand' })
      expect(await left(handleCommand('usable', add(1)))).toMatchObject({
        _tag: 'ProjectionFailed',
        projection: 'counted',
      })
      await right(handleCommand('usable-2', add(7)))
    })
    expect(await hasMail('usable')).toBe(true)
    expect(await right(open().load('usable'))).toMatchObject({ version: 99 })
    expect(await right(open().load('usable-2'))).toMatchObject({ version: 1 })
  })

  it('has its effect once when it is sent again with its id: in the transaction, and after it', async () => {
    const options = { commandId: 'c1' }
    let first: unknown
    await db.transaction().execute(async (transaction) => {
      const { handleCommand } = counters.inTransaction(transaction)
      first = await right(handleCommand('once', add(1), options))
      expect(await right(handleCommand('once', add(1), options))).toEqual(first)
      expect(await left(handleCommand('once', add(2), options))).toMatchObject({
        _tag: 'CommandIdReused',
      })
    })
    expect(await right(counters.handleCommand('once', add(1), options))).toEqual(first)
    expect(await right(open().load('once'))).toMatchObject({ version: 1 })
  })

  it('gets the first answer when another transaction is handling the same id at that moment', async () => {
    const options = { commandId: 'c1' }
    const [one, two] = [await begin(), await begin()]
    const first = await right(
      counters.inTransaction(one).handleCommand('twins', add(1, 1), options),
    )
    const waiting = counters.inTransaction(two).handleCommand('twins', add(1, 1), options)()
    await eventually(isBlocked)
    await one.commit().execute()
    expect(await waiting).toEqual(E.right(first))
    await mail(two, 'twins')
    await two.commit().execute()
    expect(await hasMail('twins')).toBe(true)
    expect(await right(open().load('twins'))).toMatchObject({ version: 2 })
  })

  it('is decided again when another writer was first', async () => {
    await right(counters.handleCommand('race', add(5)))
    const [one, two] = [await begin(), await begin()]
    await right(counters.inTransaction(one).handleCommand('race', add(-4)))
    const waiting = counters.inTransaction(two).handleCommand('race', add(-4))()
    await eventually(isBlocked)
    await one.commit().execute()
    expect(await waiting).toMatchObject({ left: { rejection: { _tag: 'BelowZero', total: 1 } } })
    expect(await right(counters.inTransaction(two).handleCommand('race', add(-1)))).toMatchObject({
      version: 3,
      state: { total: 0 },
    })
    await two.commit().execute()
    // The category outside has an older state in memory, and finds out.
    expect(await right(counters.handleCommand('race', add(1)))).toMatchObject({ version: 4 })
  })

  it('says that the transaction cannot go on when it is refused, and sends nothing more', async () => {
    await right(counters.handleCommand('refused', add(5)))
    const transaction = await db.startTransaction().setIsolationLevel('repeatable read').execute()
    const inside = counters.inTransaction(transaction)
    expect(await right(inside.load('refused'))).toMatchObject({ version: 1 })
    await right(counters.handleCommand('refused', add(1)))
    const refused = await left(inside.handleCommand('refused', add(1)))
    expect(refused).toMatchObject({ _tag: 'StoreFailed', reason: 'TransactionRefused' })
    expect(refused.message).toMatch(/The transaction cannot go on: roll it back[.]$/)
    expect(await left(inside.handleCommand('another', add(1)))).toBe(refused)
    expect(await left(inside.load('another'))).toBe(refused)
    await transaction.rollback().execute()
    await db.transaction().execute(async (next) => {
      await right(counters.inTransaction(next).handleCommand('refused', add(1)))
    })
    expect(await right(open().load('refused'))).toMatchObject({ version: 3 })
  })

  it('fails with a value when the transaction is over', async () => {
    const transaction = await begin()
    const inside = counters.inTransaction(transaction)
    await transaction.rollback().execute()
    expect(await left(inside.handleCommand('late', add(1)))).toMatchObject({ _tag: 'StoreFailed' })
    expect(await right(open().load('late'))).toMatchObject({ version: 0 })
  })

  it('is typed by the database of the caller, and is lacking where the store has no transactions', () => {
    type Counters = OpenCategory<CounterCommand, CounterState, CounterEvent, BelowZero>
    const plain: Counters = counters
    expect('inTransaction' in openCategory(counter, { store: { ...backend.store } })).toBe(true)
    const { inTransaction: _, ...without } = backend.store
    expect('inTransaction' in openCategory(counter, { store: without })).toBe(false)
    expect(plain).toBe(counters)
  })
})
