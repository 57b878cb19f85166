import { CompiledQuery } from 'kysely'
import { Client, Pool } from 'pg'
import { connectPool } from '../../../../src/adapters/postgres/connection/pool'
import type { PreparedStatementsMode } from '../../../../src/adapters/postgres/connection/prepared-statements'
import { postgres } from '../../../../src/adapters/postgres/backend'
import type { ExpectedVersion } from '../../../../src/core/expected-version'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending, newEvent } from '../../../support/tally'

let database: MigratedDatabase<unknown>
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.close())

/** A store whose statements are counted on their way out, by the driver's own function. Without those of wake-ups. */
const watched = (preparing: PreparedStatementsMode) => {
  const sent: string[] = []
  const pool = new Pool({ connectionString: database.url, max: 1 })
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: ReadonlyArray<unknown>) => unknown
    const watching = (...args: ReadonlyArray<unknown>): unknown => {
      const [config] = args
      sent.push(typeof config === 'string' ? config : (config as { readonly text: string }).text)
      return query(...args)
    }
    Object.assign(client, { query: watching })
  })
  const db = connectPool<unknown>(pool, preparing)
  return { sent, db, store: postgres(db, { wakeUps: 'poll' }).store }
}

describe('on the wire', () => {
  it.each(['prepared', 'unprepared'] as const)(
    'an append is one statement, and nothing else (%s)',
    async (preparing) => {
      const { sent, db, store } = watched(preparing)
      await right(store.append(appending('counter-first')))
      sent.length = 0
      await right(store.append(appending('counter-one')))
      expect(sent).toHaveLength(1)
      await right(store.append(appending('counter-many', 100)))
      const commands = [{ commandId: `c-${preparing}`, skip: 0, eventCount: 1 }]
      await right(store.append({ ...appending('counter-marked'), commands }))
      expect(sent).toHaveLength(3)
      for (const statement of sent)
        expect(statement).toMatch(/^\/\*reprise:append_\w+\*\/\s+(insert|with)/)
      await db.destroy()
    },
  )

  it('so is one to a stream that is where the caller expects it, alone and in company', async () => {
    const { sent, db, store } = watched('prepared')
    let version = 0
    const extend = async (expectedVersion: ExpectedVersion, events: number): Promise<void> => {
      const request = (stream: string) => ({ ...appending(stream, events), expectedVersion })
      const warming = store.append(appending(`counter-warming-${version}-${sent.length}`))()
      const both = ['counter-both1', 'counter-both2'].map((stream) =>
        right(store.append(request(stream))),
      )
      await Promise.all([warming, ...both])
      await right(store.append(request('counter-alone')))
      version += events
    }
    await extend('mustNotExist', 12)
    sent.length = 0
    await extend(version, 1)
    await extend(version, 3)
    await extend('any', 1)
    await extend('mustExist', 2)
    expect(sent).toHaveLength(4 * 3)
    for (const statement of sent)
      expect(statement).toMatch(/^\/\*reprise:append_\w+\*\/\s+(insert|with)/)
    await db.destroy()
  })

  it('an append to several streams is one statement, whether it fits or not', async () => {
    const { sent, db, store } = watched('prepared')
    const streams = ['counter-together1', 'counter-together2'].map((stream) => appending(stream, 2))
    await right(store.appendTogether({ streams }))
    sent.length = 0
    await right(store.appendTogether({ streams }))
    const pinned = streams.map((append) => ({ ...append, expectedVersion: 0 }))
    await left(store.appendTogether({ streams: pinned }))
    expect(sent).toHaveLength(2)
    for (const statement of sent) expect(statement).toMatch(/^\/\*reprise:append_together\*\//)
    await db.destroy()
  })

  it('a load is one statement, with snapshot, events and command', async () => {
    const { sent, db, store } = watched('prepared')
    await right(store.append(appending('counter-loaded', 5)))
    const snapshot = { streamId: 'counter-loaded', version: 3, schemaVersion: 1, state: 3 }
    await right(store.saveSnapshot(snapshot))
    sent.length = 0
    const request = {
      streamId: 'counter-loaded',
      after: 0,
      limit: 9,
      snapshotSchema: 1,
      commandId: 'x',
    }
    expect((await right(store.load(request))).events).toHaveLength(2)
    expect(sent).toHaveLength(1)
    await db.destroy()
  })

  it('appends that arrive together share statements', async () => {
    const { sent, db, store } = watched('prepared')
    await right(store.append(appending('counter-warm')))
    sent.length = 0
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => right(store.append(appending(`counter-group${n}`)))),
    )
    expect(sent.length).toBeLessThanOrEqual(10)
    await db.destroy()
  })

  it('each hot statement is prepared once on a connection, and used again', async () => {
    const { db, store } = watched('prepared')
    for (let n = 0; n < 7; n++) {
      await right(store.append(appending('counter-prepared')))
      await right(store.load({ streamId: 'counter-prepared', after: 0, limit: 9, commandId: 'x' }))
      await right(store.readAll({ after: 1_000_000, limit: 1 }))
    }
    const { rows } = await db.executeQuery<{ name: string; times: number }>(
      CompiledQuery.raw(
        `select name, (generic_plans + custom_plans)::integer as times from pg_prepared_statements
         order by name`,
      ),
    )
    expect(rows).toEqual([
      { name: expect.stringMatching(/^reprise_append_/), times: 7 },
      { name: expect.stringMatching(/^reprise_load_one_/), times: 7 },
      { name: expect.stringMatching(/^reprise_read_all_/), times: 7 },
    ])
    await db.destroy()
  })

  it('a reader that is far behind reads the horizon once, not with every page', async () => {
    const { sent, db, store } = watched('prepared')
    await right(store.append(appending('counter-behind', 25)))
    const all = await right(store.readAll({ after: 0, limit: 1_000 }))
    const reader = postgres(db, { wakeUps: 'poll' }).store
    sent.length = 0
    const found: unknown[] = []
    let page = await right(reader.readAll({ after: 0, limit: 10 }))
    for (; page.more; page = await right(reader.readAll({ after: page.upTo, limit: 10 }))) {
      found.push(...page.events)
    }
    expect([...found, ...page.events]).toEqual(all.events)
    expect(page.upTo).toBe(all.upTo)
    const asked = sent.map((text) => /reprise:(read_[a-z]+)/.exec(text)?.[1])
    expect(asked[0]).toBe('read_all')
    expect(asked.filter((name) => name === 'read_all')).toHaveLength(2) // once more at the end
    expect(asked.length).toBeGreaterThan(3)
    await db.destroy()
  })

  it('a reader reads the horizon again after a failure: another server may answer', async () => {
    const { sent, db } = watched('prepared')
    const reader = postgres(db, { wakeUps: 'poll' }).store
    await right(reader.append(appending('counter-failing', 25)))
    const { upTo } = await right(reader.readAll({ after: 0, limit: 10 }))
    const rename = (from: string, to: string) =>
      db.executeQuery(CompiledQuery.raw(`alter table reprise.${from} rename to ${to}`))
    await rename('events', 'elsewhere')
    expect(await left(reader.readAll({ after: upTo, limit: 10 }))).toMatchObject({
      reason: 'NotMigrated',
    })
    await rename('elsewhere', 'events')
    sent.length = 0
    await right(reader.readAll({ after: upTo, limit: 10 }))
    expect(sent).toEqual([expect.stringContaining('reprise:read_all')])
    await db.destroy()
  })

  it('nothing is prepared when that is switched off', async () => {
    const { db, store } = watched('unprepared')
    for (let n = 0; n < 3; n++) await right(store.append(appending('counter-unprepared')))
    const { rows } = await db.executeQuery(
      CompiledQuery.raw('select * from pg_prepared_statements'),
    )
    expect(rows).toEqual([])
    await db.destroy()
  })

  it("the caller's own statements go out as they are", async () => {
    const { sent, db } = watched('prepared')
    await db.executeQuery(CompiledQuery.raw('select 1 as mine'))
    expect(sent).toEqual(['select 1 as mine'])
    await db.destroy()
  })

  it('an append leaves no lock and no setting behind', async () => {
    const { db, store } = watched('prepared')
    await right(store.append({ ...appending('counter-clean'), events: [newEvent()] }))
    const { rows } = await db.executeQuery<{ locks: number }>(
      CompiledQuery.raw(
        `select count(*)::integer as locks from pg_locks
         where locktype = 'advisory' and pid = pg_backend_pid()`,
      ),
    )
    expect(rows).toEqual([{ locks: 0 }])
    await db.destroy()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    const open = await client.query(
      `select from pg_stat_activity where datname = current_database() and state like 'idle in %'`,
    )
    expect(open.rowCount).toBe(0)
    await client.end()
  })
})
