import { randomUUID } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import { Client, Pool } from 'pg'
import { memory } from 'reprise/memory'
import { connectPglite, postgresTenants, type PostgresBackend } from 'reprise/postgres'
import { storeContract, tenantContract, type TestWords } from 'reprise/testing'
import { createDatabase, type TestDatabase } from '../support/database'
import { left, right } from '../support/right'
import { appending } from '../support/tally'

/** `npm run test:tenants` has a thousand. */
const MANY = Number(process.env['REPRISE_TENANTS'] ?? 3)
const words = { describe, it }
const nothing = () => Promise.resolve()

const one = memory()
const other = memory()
tenantContract({
  name: 'memory',
  open: () => Promise.resolve({ one, other, close: nothing }),
  ...words,
})

describe('tenants with a schema each, on one pool', () => {
  const names = Array.from({ length: MANY }, (_, n) => `Tenant ${n}`)
  let database: TestDatabase
  let pool: Pool
  const tenants = postgresTenants((id) => ({ database: pool, schema: `of ${id}` }))
  const nth = (n: number): PostgresBackend<unknown> => tenants.tenant(names[n] ?? '')
  beforeAll(async () => {
    database = await createDatabase()
    pool = new Pool({ connectionString: database.url, max: 10 })
    const begun = performance.now()
    const progress: number[] = []
    const onProgress = (done: number) => progress.push(done)
    expect(await tenants.migrate(names, { onProgress })()).toEqual({
      migrated: MANY,
      upToDate: 0,
      failed: [],
    })
    expect(progress).toEqual(names.map((_, n) => n + 1))
    if (MANY > 3) {
      process.stdout.write(
        `${MANY} tenants migrated in ${Math.round(performance.now() - begun)} ms\n`,
      )
    }
  }, 1_200_000)
  afterAll(async () => {
    await tenants.close()
    await pool.end()
    await database.drop()
  })

  tenantContract({
    name: 'a schema each',
    open: () => Promise.resolve({ one: nth(0), other: nth(MANY - 1), close: nothing }),
    ...words,
  })

  it('gives the same backend for a tenant each time', () => {
    expect(nth(0)).toBe(nth(0))
    expect(nth(0)).not.toBe(nth(1))
  })

  it('has nothing to do for those that are migrated, and goes on where one cannot be', async () => {
    const wrong = 'x'.repeat(64)
    const migrated = await tenants.migrate([...names, wrong, 'late', 'late'])()
    expect(migrated).toMatchObject({
      migrated: 1,
      upToDate: MANY,
      failed: [{ tenant: wrong, error: { reason: 'InvalidSchemaName' } }],
    })
  })

  it('begins no tenant more once it is aborted', async () => {
    const stop = new AbortController()
    const ids = ['a', 'b', 'c', 'd'].map((id) => `${id} ${randomUUID().slice(0, 8)}`)
    const done = await tenants.migrate(ids, {
      parallel: 1,
      signal: stop.signal,
      onProgress: (n) => {
        if (n === 2) stop.abort()
        throw new Error('of its own affair')
      },
    })()
    expect(done).toEqual({ migrated: 2, upToDate: 0, failed: [] })
    expect(await tenants.migrate(ids)()).toEqual({ migrated: 2, upToDate: 2, failed: [] })
  })

  it('shows each of all tenants its own events, written side by side', async () => {
    await Promise.all(
      names.map((_, n) => right(nth(n).store.append(appending('counter-1', 1 + (n % 3))))),
    )
    await Promise.all(
      names.map(async (_, n) => {
        const { events } = await right(
          nth(n).store.readAll({ after: 0, limit: 9, categories: ['counter'] }),
        )
        expect(events).toHaveLength(1 + (n % 3))
      }),
    )
  })

  it('takes a few connections for all of them', async () => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::integer as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await client.end()
    expect(rows[0]?.count).toBeLessThanOrEqual(11) // the pool, and one that listens
  })
  if (MANY > 3) {
    storeContract({
      name: `one of ${MANY}`,
      open: () => {
        const [store, second] = [nth(1).store, nth(1).store]
        return Promise.resolve({ store, second, close: nothing })
      },
      ...words,
    })
  }
})

describe('tenants with a database each', () => {
  const databases = new Map<string, TestDatabase>()
  const pools = new Map<string, Pool>()
  const tenants = postgresTenants((id) => {
    const pool = pools.get(id)
    if (pool === undefined) throw new Error(`nobody knows ${id}`)
    return { database: pool }
  })
  beforeAll(async () => {
    for (const id of ['north', 'south']) {
      const database = await createDatabase()
      databases.set(id, database)
      pools.set(id, new Pool({ connectionString: database.url, max: 4 }))
    }
    expect(await tenants.migrate(pools.keys())()).toMatchObject({ migrated: 2, failed: [] })
  })
  afterAll(async () => {
    await tenants.close()
    for (const pool of pools.values()) await pool.end()
    for (const database of databases.values()) await database.drop()
  })

  tenantContract({
    name: 'a database each',
    open: () =>
      Promise.resolve({
        one: tenants.tenant('north'),
        other: tenants.tenant('south'),
        close: nothing,
      }),
    ...words,
  })

  it('refuses a tenant that nobody knows, with the reason', async () => {
    const failed = await left(tenants.tenant('east').store.append(appending('counter-1')))
    const message: unknown = expect.stringContaining(
      'the tenant "east" has no place of its own: placeOf has thrown',
    )
    expect(failed).toMatchObject({ _tag: 'StoreFailed', outcome: 'nothingWritten', message })
    const migrated = await tenants.migrate(['east'])()
    expect(migrated).toMatchObject({
      migrated: 0,
      failed: [{ tenant: 'east', error: { message } }],
    })
  })
})

it('a tenant that had no place is asked for again, and works once it has one', async () => {
  const places = new Map<string, { readonly database: PGlite }>()
  const tenants = postgresTenants((id) => places.get(id) as { readonly database: PGlite })
  const message: unknown = expect.stringContaining('has no place of its own')
  expect(await left(tenants.tenant('late').store.version('counter-1'))).toMatchObject({ message })
  const database = await PGlite.create()
  places.set('late', { database })
  expect(await tenants.migrate(['late'])()).toMatchObject({ migrated: 1, failed: [] })
  expect(await right(tenants.tenant('late').store.version('counter-1'))).toBe(0)
  await tenants.close()
  await database.close()
}, 60_000)

describe('tenants in one PGlite', () => {
  let pglite: PGlite
  const tenants = () => {
    const database = connectPglite(pglite)
    return postgresTenants((id) => ({ database, schema: id.toLowerCase() }))
  }
  let open: ReturnType<typeof tenants>
  beforeAll(async () => {
    pglite = await PGlite.create()
    open = tenants()
    await open.migrate(['north', 'south'])()
  }, 60_000)
  afterAll(async () => {
    await open.close()
    await pglite.close()
  })

  tenantContract({
    name: 'a schema each in PGlite',
    open: () =>
      Promise.resolve({ one: open.tenant('north'), other: open.tenant('south'), close: nothing }),
    ...words,
  })

  it('refuses two tenants in one place: one would see the other', async () => {
    const failed = await left(open.tenant('NORTH').store.append(appending('counter-1')))
    expect(failed).toMatchObject({
      _tag: 'StoreFailed',
      outcome: 'nothingWritten',
      message: expect.stringContaining('it would share the schema north with "north"') as unknown,
    })
  })
})

describe('the tenant contract', () => {
  it('is broken by two tenants that share one place', async () => {
    const tests: (() => Promise<void>)[] = []
    const collecting: TestWords = {
      describe: (_title, body) => body(),
      it: (_title, test) => tests.push(test),
    }
    const shared = memory()
    tenantContract({
      name: 'shared',
      open: () => Promise.resolve({ one: shared, other: shared, close: nothing }),
      ...collecting,
    })
    const outcomes = await Promise.allSettled(tests.map((test) => test()))
    expect(outcomes.map(({ status }) => status)).toEqual(tests.map(() => 'rejected'))
  })
})
