import { Client } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'
import { appending } from '../../../support/tally'

let database: MigratedDatabase<unknown>
let client: Client
beforeAll(async () => {
  database = await migratedDatabase()
  await right(postgres(database.connect()).store.append(appending('counter-1', 3)))
  client = new Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.close()
})

const refusal = { code: '23001', message: expect.stringContaining('events are immutable') }

const changes = [
  `update reprise.events set type = 'Changed'`,
  `update reprise.events set version = version where version = 1`,
  `delete from reprise.events where version = 3`,
  `truncate reprise.events`,
  `insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
     select stream_id, version, id, type, schema_version, recorded_at, data, metadata from reprise.events
     on conflict on constraint events_pkey do update set type = 'Changed'`,
]

const stored = async (): Promise<ReadonlyArray<object>> =>
  (await client.query<object>('select type, version from reprise.events order by version')).rows

describe('stored events', () => {
  it.each(changes)('cannot be changed: %s', async (statement) => {
    const before = await stored()
    await expect(client.query(statement)).rejects.toMatchObject(refusal)
    expect(await stored()).toEqual(before)
  })

  it.each(changes)('cannot be changed inside a transaction: %s', async (statement) => {
    const before = await stored()
    await client.query('begin')
    await client.query('savepoint attempt')
    await expect(client.query(statement)).rejects.toMatchObject(refusal)
    await client.query('rollback to attempt')
    await client.query('commit')
    expect(await stored()).toEqual(before)
  })

  it('keep their places: one cannot be put twice', async () => {
    const insert = client.query(
      `insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
         values ('counter-1', 2, gen_random_uuid(), 'Added', 1, now(), '{}', '{}')`,
    )
    await expect(insert).rejects.toMatchObject({ constraint: 'events_pkey' })
  })
})
