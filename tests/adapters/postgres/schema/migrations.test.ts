import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Client, Pool } from 'pg'
import { connectPool } from '../../../../src/adapters/postgres/connection/pool'
import { migrate, planMigration } from '../../../../src/adapters/postgres/schema/migrate'
import { migrationsFor } from '../../../../src/adapters/postgres/schema/migrations'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { createDatabase, type TestDatabase } from '../../../support/database'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'

let database: TestDatabase
let admin: Client
beforeAll(async () => {
  database = await createDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await database.drop()
})

const using = async <A>(work: (db: ReturnType<typeof connectPool<unknown>>) => Promise<A>) => {
  const db = connectPool<unknown>(new Pool({ connectionString: database.url, max: 8 }))
  try {
    return await work(db)
  } finally {
    await db.destroy()
  }
}

const SCHEMA = resolve(__dirname, '../../../../src/adapters/postgres/schema')
const all = migrationsFor('any').map(({ name }) => name)

describe('migrate', () => {
  it.each([
    'plain',
    'UPPER and space',
    `double " quotes "" and ' single`,
    'select',
    '$1 $& $$ {{schema}}',
    'ünï-çødé',
    `semi; drop schema public`,
  ])('makes a store that works in the schema %j', (schema) =>
    using(async (db) => {
      expect(await right(migrate(db, schema))).toEqual({ applied: all, present: [] })
      const store = postgres(db, { schema }).store
      await right(store.append(appending('counter-1', 3)))
      expect((await right(store.readAll({ after: 0, limit: 10 }))).events).toHaveLength(3)
    }),
  )

  it('does nothing the second time', () =>
    using(async (db) => {
      await right(migrate(db, 'twice'))
      expect(await right(migrate(db, 'twice'))).toEqual({ applied: [], present: all })
    }))

  it('runs its own SQL, whatever folder of migrations the application has', () =>
    using(async (db) => {
      const [folder, before] = [mkdtempSync(join(tmpdir(), 'application-')), process.cwd()]
      mkdirSync(join(folder, 'migrations'))
      for (const name of all) writeFileSync(join(folder, 'migrations', `${name}.sql`), 'select 1/0')
      process.chdir(folder)
      try {
        expect((await right(migrate(db, 'bundled'))).applied).toEqual(all)
      } finally {
        process.chdir(before)
        rmSync(folder, { recursive: true })
      }
      // In a bundle `__dirname` is the application's, too: so nothing is read from a file at all.
      const sources = readdirSync(SCHEMA).map((name) => readFileSync(join(SCHEMA, name), 'utf8'))
      expect(sources.length).toBeGreaterThan(3)
      for (const source of sources) expect(source).not.toMatch(/from 'node:(fs|path)|__dirname/)
    }))

  it('runs once when eight connections start together', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => using((db) => right(migrate(db, 'together')))),
    )
    expect(answers.filter(({ applied }) => applied.length > 0)).toHaveLength(1)
    expect(answers.filter(({ present }) => present.length === all.length)).toHaveLength(7)
  })

  it('runs once also where transactions are serializable unless they say otherwise', async () => {
    const name = new URL(database.url).pathname.slice(1)
    await admin.query(`alter database ${name} set default_transaction_isolation = 'serializable'`)
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => using((db) => right(migrate(db, 'frozen')))),
    )
    await admin.query(`alter database ${name} reset default_transaction_isolation`)
    expect(answers.filter(({ applied }) => applied.length > 0)).toHaveLength(1)
  })

  it('rejects a migration that was run here with another text, and changes nothing', () =>
    using(async (db) => {
      await right(migrate(db, 'tampered'))
      await admin.query(`update tampered.migrations set fingerprint = 'other'`)
      await admin.query(`delete from tampered.migrations where name <> '0001_reprise'`)
      const failure = { _tag: 'MigrationChanged', migration: '0001_reprise' }
      expect(await left(migrate(db, 'tampered'))).toMatchObject(failure)
      expect(await left(planMigration(db, 'tampered'))).toMatchObject(failure)
    }))

  it('leaves nothing behind when it fails, and the connection with the pool', () =>
    using(async (db) => {
      const schema = `half_${randomUUID().slice(0, 8)}`
      await admin.query(
        `create schema ${schema}; create table ${schema}.snapshots (in_the_way int)`,
      )
      for (let attempt = 0; attempt < 10; attempt++) {
        expect(await left(migrate(db, schema))).toMatchObject({ outcome: 'nothingWritten' })
      }
      const { rows } = await admin.query(
        `select relname from pg_class where relnamespace = '${schema}'::regnamespace`,
      )
      expect(rows).toEqual([{ relname: 'snapshots' }])
    }))
})

describe('planMigration', () => {
  it('names everything for a schema that is not there, and makes nothing', () =>
    using(async (db) => {
      const { missing, present } = await right(planMigration(db, 'not there'))
      expect({ names: missing.map(({ name }) => name), present }).toEqual({
        names: all,
        present: [],
      })
      const { rows } = await admin.query(`select from pg_namespace where nspname = 'not there'`)
      expect(rows).toEqual([])
    }))
})
