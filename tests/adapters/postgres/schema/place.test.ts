import { CompiledQuery, type Kysely } from 'kysely'
import { Client } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { migrate, planMigration } from '../../../../src/adapters/postgres/schema/migrate'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'

let database: MigratedDatabase<unknown>
let db: Kysely<unknown>
let admin: Client
beforeAll(async () => {
  database = await migratedDatabase()
  db = database.connect()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await database.close()
})

const say = (text: string) => admin.query<Record<string, unknown>>(text)
const pageOf = async (schema: string, after = 0) =>
  right(postgres(db, { schema }).store.readAll({ after, limit: 99 }))

/** A copy of a schema under another name, as a dump whose names were replaced makes it. */
const copy = async (from: string, to: string): Promise<void> => {
  await right(migrate(db, from))
  const { rows } = await admin.query<{ definition: string }>(
    `select pg_get_functiondef(p.oid) as definition from pg_proc p
     where p.pronamespace = '${from}'::regnamespace`,
  )
  await right(migrate(db, to))
  for (const { definition } of rows) {
    await say(definition.replaceAll(from, to))
  }
  await say(`delete from ${to}.store; insert into ${to}.store select * from ${from}.store;
             update ${to}.store set name = '${to}'`)
}

describe('a copied schema', () => {
  it('has its own place among the locks: a reader of the copy waits for an open append to it', async () => {
    await copy('original', 'duplicate')
    const store = postgres(db, { schema: 'duplicate' }).store
    await right(store.append(appending('counter-1')))
    const open = await db.startTransaction().execute()
    await right(store.inTransaction(open).append(appending('counter-2')))
    await right(store.append(appending('counter-3')))
    const before = await pageOf('duplicate')
    expect(before.upTo).toBe(1)
    await open.commit().execute()
    const after = await pageOf('duplicate', before.upTo)
    expect(after.events.map(({ streamId }) => streamId)).toEqual(['counter-2', 'counter-3'])
  })
})

describe('a renamed schema', () => {
  const refusal = { _tag: 'StoreFailed', reason: 'SchemaRenamed', outcome: 'nothingWritten' }
  const commands = [{ commandId: 'c', skip: 0, eventCount: 0 }]
  const remembering = { ...appending('counter-1', 0), commands }

  it('is rejected while its functions would use the one that has its old name now', async () => {
    await right(migrate(db, `it's "old"`))
    await right(postgres(db, { schema: `it's "old"` }).store.append(appending('counter-1')))
    await say(`alter schema "it's ""old""" rename to "it's new"`)
    await right(migrate(db, `it's "old"`)) // another tenant takes the name
    const renamed = postgres(db, { schema: `it's new` }).store
    expect(await left(renamed.readAll({ after: 0, limit: 9 }))).toMatchObject(refusal)
    expect(await left(renamed.append(remembering))).toMatchObject(refusal)
    expect((await pageOf(`it's "old"`)).events).toEqual([])
  })

  it('works again after it was migrated', async () => {
    expect((await right(migrate(db, `it's new`))).applied).toEqual([])
    const renamed = postgres(db, { schema: `it's new` }).store
    expect((await right(renamed.append(remembering))).version).toBe(1)
    await right(renamed.append(appending('counter-1')))
    expect((await pageOf(`it's new`)).events).toHaveLength(2)
    expect((await pageOf(`it's "old"`)).events).toEqual([])
  })
})

describe('the name of a schema', () => {
  const long = 'tenant_'.padEnd(63, 'x')

  it.each([
    ['one byte too long', `${long}y`],
    ['too long in bytes, not in characters', 'ü'.repeat(32)],
    ['empty', ''],
    ['with a NUL', 'a\u0000b'],
    ['with half a character', 'a\ud800'],
  ])('is rejected by everything that would use it: %s', async (_why, schema) => {
    const failure = { _tag: 'StoreFailed', reason: 'InvalidSchemaName', outcome: 'nothingWritten' }
    await right(migrate(db, long)) // what the server would make of the first
    expect(await left(migrate(db, schema))).toMatchObject(failure)
    expect(await left(planMigration(db, schema))).toMatchObject(failure)
    const store = postgres(db, { schema }).store
    const options = { schema }
    const refused = [
      store.append(appending('counter-1')),
      store.append(appending('counter-1', 3)),
      store.read('counter-1', { after: 0, limit: 1 }),
      store.load({ streamId: 'counter-1', after: 0, limit: 1, commandId: 'c' }),
      store.readAll({ after: 0, limit: 1 }),
      store.streams({ after: '', limit: 1 }),
      postgres(db, options).subscriptions.reached('mails'),
      postgres(db, options).subscriptions.claim('mails', 'me', 1_000),
      postgres(db, options).documents.get('mails', 'a'),
      postgres(db, options).outbox.takeDue('mailer', 1),
    ]
    for (const operation of refused)
      expect(await left<object, unknown>(operation)).toMatchObject(failure)
  })

  it.each([
    `$reprise$`,
    `$reprise$ and $reprise1$`,
    '{{namespace}}',
    '{{schema}} {{name}} {{quoted}}',
    long,
  ])('may be %s', async (schema) => {
    await right(migrate(db, schema))
    const store = postgres(db, { schema }).store
    await right(store.append(appending('counter-1', 2)))
    await right(store.append({ ...appending('counter-1'), expectedVersion: 'mustExist' }))
    expect((await pageOf(schema)).events).toHaveLength(3)
    expect((await right(migrate(db, schema))).applied).toEqual([])
  })
})

describe('a server that only looks like PostgreSQL', () => {
  it('is rejected by migrate when it does not show the locks that are held', async () => {
    const stubbed = await migratedDatabase('other')
    const on = new Client({ connectionString: stubbed.url })
    await on.connect()
    await on.query(`
      alter function pg_catalog.pg_advisory_xact_lock_shared(bigint) rename to the_real_one;
      create function pg_catalog.pg_advisory_xact_lock_shared(bigint) returns void
        language sql strict as 'select'`)
    const stub = stubbed.connect()
    expect(await left(migrate(stub))).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'LocksNotVisible',
      outcome: 'nothingWritten',
    })
    const { rows } = await on.query(`select from pg_namespace where nspname = 'reprise'`)
    expect(rows).toEqual([])
    expect(await left(migrate(stub, 'other'))).toMatchObject({ reason: 'LocksNotVisible' })
    await on.end()
    await stubbed.close()
  })
})

describe('migrate by a role that may not create schemas', () => {
  it('works in a schema that is there, and does nothing with one that is up to date', async () => {
    await say(`create role tenant_owner; create schema theirs authorization tenant_owner;
      create role reader_only; grant usage on schema reprise to reader_only;
      grant select on all tables in schema reprise to reader_only;
      grant select on all sequences in schema reprise to reader_only`)
    const one = database.connect(1)
    const as = (role: string) => one.executeQuery(CompiledQuery.raw(`set role ${role}`))
    try {
      await as('tenant_owner')
      expect((await right(migrate(one, 'theirs'))).present).toEqual([])
      await right(postgres(one, { schema: 'theirs' }).store.append(appending('counter-1')))
      const refused = await left(migrate(one, 'not there'))
      expect(refused).toMatchObject({ reason: 'AccessDenied' })
      expect(refused.message).toContain('permission denied for database') // the server's own words
      await as('reader_only')
      expect((await right(migrate(one))).applied).toEqual([])
    } finally {
      await one.executeQuery(CompiledQuery.raw('reset role'))
      await say(
        'drop owned by tenant_owner, reader_only cascade; drop role tenant_owner, reader_only',
      )
    }
  })
})
