import { Client } from 'pg'
import { postgresStore } from '../../../src/adapters/postgres/postgres-store'
import { eventually } from '../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../support/postgres'
import { right } from '../../support/right'
import { appending } from '../../support/tally'

let database: MigratedDatabase<unknown>
let admin: Client
beforeAll(async () => {
  database = await migratedDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  await admin.query(`
    create function wait_for_gate() returns trigger language plpgsql as $$
    begin
      if new.stream_id = 'gate-slow' then perform pg_advisory_xact_lock_shared(42); end if;
      return new;
    end $$;
    create trigger gate before insert on reprise.events for each row execute function wait_for_gate()`)
})
afterAll(async () => {
  await admin.end()
  await database.close()
})

it('a lone append that is under way holds the horizon below the position it has drawn', async () => {
  const slow = postgresStore(database.connect(1))
  const quick = postgresStore(database.connect(2))
  await admin.query('select pg_advisory_lock(42)')
  const held = right(slow.append(appending('gate-slow')))
  await eventually(async () => {
    const { rows } = await admin.query('select from pg_locks where objid = 42 and not granted')
    return rows.length === 1
  })
  await right(quick.append(appending('gate-quick')))
  const before = await right(quick.readAll({ after: 0, limit: 10 }))
  await admin.query('select pg_advisory_unlock(42)')
  await held
  const after = await right(quick.readAll({ after: before.upTo, limit: 10 }))
  expect(before).toMatchObject({ events: [], upTo: 0 })
  expect(after.events.map(({ streamId }) => streamId)).toEqual(['gate-slow', 'gate-quick'])
})
