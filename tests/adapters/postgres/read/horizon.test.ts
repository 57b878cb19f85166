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

describe('a session that knows a horizon', () => {
  /** A store on one session, which has seen everything that is there, and how it looks at all locks. */
  const knowing = async (schema: string, events: number) => {
    const store = await storeIn(schema)
    await right(store.append(appending('counter-before', events)))
    const session = database.connect(1)
    const own = postgres(session, { schema }).store
    expect(await upTo(own)).toBe(events)
    return { store, session, own }
  }
  /** How often a session lists all locks while it looks `times` times, and the last horizon that it sees. */
  const lists = (session: Kysely<unknown>, schema: string, times: number) =>
    session.transaction().execute(async (transaction) => {
      const value = async (expression: string): Promise<number> => {
        const query = CompiledQuery.raw(`select (${expression})::integer as value`)
        const { rows } = await transaction.executeQuery(query)
        return (rows[0] as { readonly value: number | null } | undefined)?.value ?? 0
      }
      const calls = () =>
        value(`pg_stat_get_xact_function_calls('"${schema}".announced()'::regprocedure)`)
      await transaction.executeQuery(CompiledQuery.raw(`set local track_functions = 'pl'`))
      const before = await calls()
      let horizon = 0
      for (let time = 0; time < times; time++) horizon = await value(`"${schema}".horizon()`)
      return { calls: (await calls()) - before, horizon }
    })

  it.each(['commit', 'rollback'] as const)(
    'sees at once what was open above all that it has seen, and ends in a %s',
    async (ending) => {
      const { store, own } = await knowing(`open ${ending}`, 3)
      const transaction = await db.startTransaction().execute()
      await right(store.inTransaction(transaction).append(appending('counter-open', 2)))
      for (let look = 0; look < 3; look++) expect(await upTo(own)).toBe(3)
      await transaction[ending]().execute()
      const end = ending === 'commit' ? 5 : 3
      for (let look = 0; look < 3; look++) expect(await upTo(own)).toBe(end)
      await right(store.append(appending('counter-after')))
      expect(await upTo(own)).toBe(6)
    },
  )

  it('lists no locks while it gets on, and once a second at most while it does not, however many of tags there are', async () => {
    const schema = 'knowing'
    const { store, session } = await knowing(schema, 3)
    const tags = Array.from({ length: 2_000 }, (_, n) => `thing:${n}`)
    const open = await db.startTransaction().execute()
    const events = tags.map((tag) => ({ ...appending('counter-x').events[0]!, tags: [tag] }))
    const request = { ...appending('counter-open'), events: events.slice(0, 1_000) }
    await right(store.inTransaction(open).append(request))
    expect((await lists(session, schema, 50)).calls).toBeLessThanOrEqual(2)
    await open.commit().execute()
    await right(store.append(appending('counter-after')))
    // Further than it goes by keys: once more, and then no more.
    expect(await lists(session, schema, 2)).toEqual({ calls: 1, horizon: 1_004 })
    for (let n = 0; n < 5; n++) {
      await right(store.append(appending(`counter-later ${n}`, 100)))
      expect(await lists(session, schema, 2)).toEqual({
        calls: 0,
        horizon: 1_004 + (n + 1) * 100,
      })
    }
  })

  it.each([
    ['a little late', 5],
    ['so late that it must announce again', 40],
  ])('waits for a writer that announces %s', async (_, between) => {
    const schema = `late by ${between}`
    const { store, own } = await knowing(schema, 3)
    const gate = new Client({ connectionString: database.url })
    await gate.connect()
    const { rows: found } = await gate.query<{ key: string; oid: number }>(
      `select ((s.tableoid::bigint & 16777215) << 40) | 3 as key, d.oid
       from "${schema}".events_position_seq s, pg_database d where d.datname = current_database()`,
    )
    const { key, oid } = found[0]!
    await gate.query('select pg_advisory_lock($1::bigint)', [key])
    const late = await db.startTransaction().execute()
    const appended = right(store.inTransaction(late).append(appending('counter-late')))
    await eventually(async () => {
      const { rows } = await gate.query(
        'select from pg_locks where not granted and objid = 3 and database = $1',
        [oid],
      )
      return rows.length === 1
    })
    // The others have announced before: they do not meet the gate.
    await gate.query(
      `select nextval('"${schema}".events_position_seq') from generate_series(1, ${between})`,
    )
    await right(store.append(appending('counter-quick', 2)))
    await eventually(async () => (await upTo(own)) === 5 + between)
    await gate.query('select pg_advisory_unlock($1::bigint)', [key])
    await appended
    await right(store.append(appending('counter-after')))
    for (let look = 0; look < 3; look++) expect(await upTo(own)).toBeLessThan(6 + between)
    await late.commit().execute()
    expect(await upTo(own)).toBe(7 + between)
    await gate.end()
  })

  it('does not go on past what its own transaction has appended', async () => {
    const { session, store } = await knowing('own', 3)
    await session.transaction().execute(async (transaction) => {
      const inside = postgres(session, { schema: 'own' }).store.inTransaction(transaction)
      await right(inside.append(appending('counter-own')))
      await right(store.append(appending('counter-other')))
      expect((await right(inside.readAll({ after: 0, limit: 10 }))).upTo).toBe(3)
    })
    expect(await upTo(postgres(session, { schema: 'own' }).store)).toBe(5)
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
