import { CompiledQuery, type Kysely } from 'kysely'
import { Pool } from 'pg'
import { connectPool } from '../../../../src/adapters/postgres/connection/pool'
import { labelOf, named } from '../../../../src/adapters/postgres/connection/query'
import { statementNames } from '../../../../src/adapters/postgres/connection/statement-names'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { migrate } from '../../../../src/adapters/postgres/schema/migrate'
import { fingerprint } from '../../../../src/adapters/postgres/schema/names'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'
import { appending } from '../../../support/tally'

let database: MigratedDatabase<unknown>
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.close())

const run = <Row>(db: Kysely<unknown>, text: string, ...parameters: ReadonlyArray<unknown>) =>
  db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))

const preparedNames = async (db: Kysely<unknown>): Promise<ReadonlyArray<string>> =>
  (
    await run<{ name: string }>(
      db,
      `select name from pg_prepared_statements where name like 'reprise%' order by name`,
    )
  ).rows.map(({ name }) => name)

/** Two statements of one label whose 32-bit fingerprints are the same. */
const COLLIDING = [2055324179, 4293849050]
const colliding = (number: number): string =>
  named('echo', `select $1::integer as answer, ${number} as number`)

describe('the name of a prepared statement', () => {
  it('belongs to one text: two tenants on one pool keep their events apart', async () => {
    const schemas = ['tenant_261', 'tenant_67118']
    const db = database.connect(1)
    for (const schema of schemas) await right(migrate(db, schema))
    for (let turn = 0; turn < 3; turn++) {
      for (const schema of schemas) {
        const store = postgres(db, { schema }).store
        await right(store.append({ ...appending(`${schema}-${turn}`), expectedVersion: 0 }))
        await right(store.append({ ...appending(`${schema}-${turn}`), expectedVersion: 1 }))
      }
    }
    for (const schema of schemas) {
      const { rows } = await run<{ ours: number; all: number }>(
        db,
        `select count(*)::integer as all, count(*) filter (where stream_id like '${schema}-%')::integer as ours
         from ${schema}.events`,
      )
      expect(rows).toEqual([{ all: 6, ours: 6 }])
    }
  })

  it('belongs to one text, whatever fingerprint that has', async () => {
    const db = database.connect(1)
    const [one, other] = COLLIDING.map(colliding)
    expect([labelOf(one!), fingerprint(one!)]).toEqual([labelOf(other!), fingerprint(other!)])
    for (let turn = 0; turn < 3; turn++) {
      for (const number of COLLIDING) {
        const { rows } = await run(db, colliding(number), turn)
        expect(rows).toEqual([{ answer: turn, number: expect.anything() }])
        expect(Number((rows[0] as { number: unknown }).number)).toBe(number)
      }
    }
  })

  it('is one for all that share a connection, and no other connection gives it', async () => {
    const pool = new Pool({ connectionString: database.url, max: 1 })
    const [one, two] = [connectPool<unknown>(pool), connectPool<unknown>(pool, 'prepareAll')]
    const texts = [1, 2].map((number) => named('echo', `select $1::integer * ${number} as answer`))
    const mine = 'select $1::integer as mine'
    for (let turn = 0; turn < 3; turn++) {
      for (const db of [one, two]) {
        for (const text of texts) await run(db, text, turn)
        expect((await run(db, mine, turn)).rows).toEqual([{ mine: turn }])
      }
    }
    const names = await preparedNames(one)
    expect(names.filter((name) => name.startsWith('reprise_echo_'))).toHaveLength(2)
    await one.destroy()
    const other = database.connect(1)
    for (const text of texts) await run(other, text, 1)
    expect((await preparedNames(other)).filter((name) => names.includes(name))).toEqual([])
    expect(Math.max(...names.map(({ length }) => length))).toBeLessThan(64) // the server cuts off longer ones
  })
})

describe('the prepared statements of a connection', () => {
  const text = (number: number): string => named('echo', `select $1::integer + ${number} as answer`)

  it('are no more than a number, of all that come those that are used', async () => {
    const db = database.connect(1)
    const ask = async (number: number): Promise<void> => {
      expect((await run(db, text(number), 1)).rows).toEqual([{ answer: number + 1 }])
    }
    for (let number = 0; number < 300; number++) await ask(number)
    expect(await preparedNames(db)).toHaveLength(100)
    await ask(0) // used again, so that others go first
    for (let turn = 0; turn < 8; turn++) await ask(250)
    const statements = async () =>
      (
        await run<{ statement: string }>(db, 'select statement from pg_prepared_statements')
      ).rows.map(({ statement }) => statement)
    const kept = await statements()
    expect(kept).toHaveLength(100)
    expect(kept).toContain(text(0))
    expect(kept).toContain(text(250))
    expect(kept).not.toContain(text(1))
    for (let number = 0; number < 300; number++) await ask(number)
    expect(await statements()).toHaveLength(100)
  })

  it('stay right when slots change owners in a transaction that has failed', async () => {
    const db = database.connect(1)
    for (let number = 0; number < 100; number++) await run(db, text(number), 1)
    for (let turn = 0; turn < 8; turn++) await run(db, text(500), 1)
    const failing = db.transaction().execute(async (transaction) => {
      await transaction.executeQuery(CompiledQuery.raw('select 1 / 0')).catch(() => undefined)
      for (let turn = 0; turn < 8; turn++) {
        await transaction.executeQuery(CompiledQuery.raw(text(501), [1])).catch(() => undefined)
      }
    })
    await expect(failing).rejects.toMatchObject({ code: '25P02' })
    for (const number of [500, 501, 99, 1]) {
      expect((await run(db, text(number), 1)).rows).toEqual([{ answer: number + 1 }])
    }
  })
})

describe('statementNames', () => {
  it('gives no name twice, and says which ones are not kept any more', () => {
    const names = statementNames(2)
    const give = (text: string) => names.nameOf('a', text)
    const [one, two] = [give('one'), give('two')]
    expect(new Set([one, two]).size).toBe(2)
    expect([give('one'), give('two')]).toEqual([one, two])
    expect([1, 2, 3, 4].map(() => give('three'))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    give('one')
    const three = give('three')
    expect(three).toBeDefined()
    expect(names.takeRetired()).toEqual([two])
    expect(names.takeRetired()).toEqual([])
    for (let turn = 0; turn < 4; turn++) expect(give('two')).toBeUndefined()
    expect([one, two, three]).not.toContain(give('two'))
  })
})
