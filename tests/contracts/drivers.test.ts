import { randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect } from 'kysely'
import { type CustomTypesConfig, Pool, types } from 'pg'
import { connectPool, type DatabaseHandle, postgres, type PostgresBackend } from 'reprise/postgres'
import { boundaryStoreContract } from '../../src/testing/store-contract/boundary-contract'
import { storeContract } from '../../src/testing/store-contract/contract'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { connectPostgresJs } from '../support/postgres-js'
import { left, right } from '../support/right'
import { appending } from '../support/tally'
import { operatorContracts } from './operator-contracts'
import { readSideContracts } from './read-side-contracts'

/** What an application may have set for its own queries: JSON as text, numbers as big integers or texts, and so on. */
const odd = (type: number): ((value: string) => unknown) => {
  if (type === 16) return (value) => (value === 't' ? 'yes' : 'no')
  if ([20, 21, 23].includes(type)) return (value) => BigInt(value)
  if (type === 1009) return (value) => new Set(value.split(','))
  return (value) => value
}
const oddTypes: CustomTypesConfig = { getTypeParser: odd as CustomTypesConfig['getTypeParser'] }

interface Opened {
  readonly given: DatabaseHandle<unknown>
  readonly end: () => Promise<void>
}
const overPool = (pool: Pool): Opened => ({ given: pool, end: () => pool.end() })
const overKysely = (db: Kysely<unknown>): Opened => ({ given: db, end: () => db.destroy() })

const { BOOL, INT2, INT4, INT8, JSON: JSON_TEXT, JSONB, FLOAT8 } = types.builtins
const ODD = [BOOL, INT2, INT4, INT8, JSON_TEXT, JSONB, FLOAT8]

/** As an application does it in its first line: for every connection of the process. */
const setGlobally = (): (() => void) => {
  const before = ODD.map((type) => ({
    type,
    parser: types.getTypeParser(type, 'text') as (value: string) => unknown,
  }))
  for (const type of ODD) types.setTypeParser(type, odd(type))
  return () => {
    for (const { type, parser } of before) types.setTypeParser(type, parser)
  }
}
const nothing = (): (() => void) => () => undefined

const drivers: ReadonlyArray<
  readonly [name: string, open: (url: string) => Opened, prepare: () => () => void]
> = [
  ['postgres.js', (url) => overKysely(connectPostgresJs(url)), nothing],
  [
    'a pool with type parsers of its own',
    (url) => overPool(new Pool({ connectionString: url, types: oddTypes })),
    nothing,
  ],
  [
    'pg with type parsers that are set for the process, and nothing prepared',
    (url) => overKysely(connectPool(new Pool({ connectionString: url }), 'unprepared')),
    setGlobally,
  ],
]

// The rest with `npm run test:drivers`: what parses rows is the same code for every contract, and both ways to have
// parsers of one's own meet it.
const isWhole = process.env['REPRISE_DRIVERS'] === 'all'
const [foreign] = drivers
const chosen = isWhole ? drivers : drivers.slice(0, 2)

describe.each(chosen)('with %s', (name, open, prepare) => {
  let database: MigratedDatabase<unknown>
  let opened: ReadonlyArray<Opened>
  let first: PostgresBackend<unknown>
  let second: PostgresBackend<unknown>
  let restore: () => void

  beforeAll(async () => {
    database = await migratedDatabase()
    restore = prepare()
    opened = [open(database.url), open(database.url)]
    ;[first, second] = opened.map(({ given }) => postgres(given)) as [typeof first, typeof second]
  })
  afterAll(async () => {
    await Promise.all([first.close(), second.close()])
    await Promise.all(opened.map(({ end }) => end()))
    restore()
    await database.close()
  })

  storeContract({
    name: 'PostgreSQL',
    open: () =>
      Promise.resolve({
        store: first.store,
        second: second.store,
        close: () => Promise.resolve(),
      }),
    describe,
    it,
  })
  if (!isWhole && name !== foreign?.[0]) return
  boundaryStoreContract({
    name: 'PostgreSQL',
    open: () =>
      Promise.resolve({
        store: first.store,
        second: second.store,
        close: () => Promise.resolve(),
      }),
    describe,
    it,
  })
  readSideContracts(
    'PostgreSQL',
    () => first,
    () => second,
  )
  operatorContracts('PostgreSQL', async (settings) => {
    const schema = `test_${randomUUID().replaceAll('-', '')}`
    const [one, other] = opened as [Opened, Opened]
    const { archiveFiles } = settings
    const backend = postgres(one.given, { schema, archiveFiles })
    await right(backend.migrate)
    const { operator } = postgres(other.given, { schema, operator: settings })
    return { ...backend, operator }
  })
})

it('a Kysely of the application with other type parsers is rejected, with the reason and the fix', async () => {
  const database = await migratedDatabase()
  const pool = new Pool({ connectionString: database.url, types: oddTypes })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  const { store } = postgres(db)
  const message: unknown = expect.stringMatching(
    /parses integer as bigint, double precision as string, boolean as string, jsonb as string: give it the pg.Pool/,
  )
  for (const failed of [
    await left(store.readAll({ after: 0, limit: 1 })),
    await left(store.append(appending('tally-1'))),
  ]) {
    expect(failed).toMatchObject({ reason: 'Unavailable', outcome: 'nothingWritten', message })
  }
  await db.destroy()
  await database.close()
})
