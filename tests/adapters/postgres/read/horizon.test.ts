import { CompiledQuery, type Kysely } from 'kysely'
import { Client } from 'pg'
import { migrate } from '../../../../src/adapters/postgres/schema/migrate'
import { type PostgresStore, postgres } from '../../../../src/adapters/postgres/backend'
import type { StoredEvent } from '../../../../src/core/recorded-event'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'

let database: MigratedDatabase<unknown>
let db: Kysely<unknown>
beforeAll(async () => {
  database = await migratedDatabase()
  db = database.connect(40)
})
afterAll(() => database.close())

const storeIn = async (schema: string): Promise<PostgresStore<unknown>> => {
  await right(migrate(db, schema))
  return postgres(db, { schema }).store
}
const upTo = async (store: PostgresStore<unknown>): Promise<number> =>
  (await right(store.readAll({ after: 0, limit: 100_000 }))).upTo

describe('the horizon', () => {
  it('is 0 in a fresh store', async () => {
    expect(await upTo(await storeIn('fresh'))).toBe(0)
  })

  it.each(['commit', 'rollback'] as const)(
    'is held below the positions of an open transaction, until its %s',
    async (ending) => {
      const store = await storeIn(`held by ${ending}`)
      await right(store.append(appending('counter-before', 2)))
      const transaction = await db.startTransaction().execute()
      await right(store.inTransaction(transaction).append(appending('counter-open', 3)))
      await right(store.append(appending('counter-after', 4)))
      const page = await right(store.readAll({ after: 0, limit: 100 }))
      expect({ upTo: page.upTo, events: page.events.length }).toEqual({ upTo: 2, events: 2 })
      await transaction[ending]().execute()
      expect(await upTo(store)).toBe(9)
    },
  )

  it('is not held by a transaction that writes something else, or has lost its append', async () => {
    const store = await storeIn('unrelated')
    await right(store.append(appending('counter-1')))
    await db.executeQuery(CompiledQuery.raw('create table elsewhere (n integer)'))
    const writing = await db.startTransaction().execute()
    await writing.executeQuery(CompiledQuery.raw('insert into elsewhere values (1)'))
    await right(store.append(appending('counter-2')))
    expect(await upTo(store)).toBe(2)
    await writing.rollback().execute()
  })

  it('is not held by a lock that an idle session has taken outside of any transaction', async () => {
    const store = await storeIn('session')
    await right(store.append(appending('counter-before')))
    const intruder = new Client({ connectionString: database.url })
    await intruder.connect()
    // The very lock with which a writer announces position 1, by a role that may only connect.
    await intruder.query(`select pg_advisory_lock_shared(((tableoid::bigint & 16777215) << 40) | 1)
      from "session".events_position_seq`)
    await right(store.append(appending('counter-after', 4)))
    expect(await upTo(store)).toBe(5)
    // For as long as its transaction is open it cannot be told from a writer, and it is reported as one.
    await intruder.query('begin')
    const { operator } = postgres(db, { schema: 'session' })
    expect((await right(operator.horizon())).holders).toHaveLength(1)
    await intruder.end()
    await eventually(async () => (await right(operator.horizon())).horizon === 5)
  })

  it('is not held by the writers of another schema', async () => {
    const [one, two] = [await storeIn('one'), await storeIn('two')]
    const transaction = await db.startTransaction().execute()
    await right(one.inTransaction(transaction).append(appending('counter-1')))
    await right(two.append(appending('counter-1', 5)))
    expect([await upTo(one), await upTo(two)]).toEqual([0, 5])
    await transaction.rollback().execute()
  })

  it('is right for two schemas in one transaction', async () => {
    const [one, two] = [await storeIn('first'), await storeIn('second')]
    await right(one.append(appending('counter-1', 50)))
    const transaction = await db.startTransaction().execute()
    await right(one.inTransaction(transaction).append(appending('counter-2')))
    await right(two.inTransaction(transaction).append(appending('counter-2')))
    await right(two.append(appending('counter-3')))
    expect(await upTo(two)).toBe(0)
    await transaction.commit().execute()
    expect(await upTo(two)).toBe(2)
  })

  it('cannot be had from a snapshot that was taken before', async () => {
    const store = await storeIn('frozen')
    for (const level of ['repeatable read', 'serializable'] as const) {
      const transaction = await db.startTransaction().setIsolationLevel(level).execute()
      const inside = store.inTransaction(transaction)
      const error = await left(inside.readAll({ after: 0, limit: 1 }))
      expect(error).toMatchObject({ reason: 'WrongIsolation', outcome: 'nothingWritten' })
      expect(error.message).toMatch(/READ COMMITTED transaction only/)
      await transaction.rollback().execute()
    }
  })
})

const WRITERS = 12
const FOR = 6_000

/** Appends again and again until `isOver`: alone, or in a transaction that waits, and may be rolled back. */
const writer = async (
  store: PostgresStore<unknown>,
  number: number,
  isOver: () => boolean,
): Promise<number> => {
  let committed = 0
  for (let round = 0; !isOver(); round++) {
    const streamId = `counter-${(number * 7 + round) % 20}`
    if (round % 3 === 0) {
      await right(store.append(appending(streamId, 1 + (round % 2))))
      committed += 1 + (round % 2)
      continue
    }
    const transaction = await db.startTransaction().execute()
    const pause = CompiledQuery.raw(`select pg_sleep(random() * 0.02)`)
    await transaction.executeQuery(pause)
    const inside = store.inTransaction(transaction)
    const first = await inside.append(appending(streamId))()
    await transaction.executeQuery(pause)
    const keeps = first._tag === 'Right' && (round + number) % 7 !== 0
    await (keeps ? transaction.commit() : transaction.rollback()).execute()
    if (keeps) committed += 1
  }
  return committed
}

const subscriber = async (
  store: PostgresStore<unknown>,
  isOver: () => boolean,
): Promise<ReadonlyArray<StoredEvent>> => {
  const seen: StoredEvent[] = []
  let after = 0
  for (;;) {
    const last = isOver()
    const page = await right(store.readAll({ after, limit: 7 }))
    seen.push(...page.events)
    after = page.upTo
    if (last && !page.more) return seen
  }
}

describe('a subscriber', () => {
  it('misses no event and sees every stream in order, whatever the writers do', async () => {
    const store = await storeIn('stress')
    const unrelated = await db.startTransaction().execute()
    await unrelated.executeQuery(CompiledQuery.raw('create table unrelated (n integer)'))
    const end = Date.now() + FOR
    let writing = true
    const reading = subscriber(store, () => !writing)
    const committed = await Promise.all(
      Array.from({ length: WRITERS }, (_, n) => writer(store, n, () => Date.now() > end)),
    )
    writing = false
    const seen = await reading
    await unrelated.rollback().execute()

    expect(seen.length).toBe(committed.reduce((sum, number) => sum + number, 0))
    expect(seen.length).toBeGreaterThan(200)
    const positions = seen.map(({ position }) => position)
    expect(positions).toEqual([...positions].sort((one, other) => one - other))
    for (let n = 0; n < 20; n++) {
      const versions = seen.filter(({ streamId }) => streamId === `counter-${n}`)
      expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => index + 1))
    }
  }, 60_000)
})
