import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql'
import { Client } from 'pg'
import { postgres } from 'reprise/postgres'
import { cli } from '../support/cli'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { right } from '../support/right'

let database: MigratedDatabase<unknown>
let folder: string
beforeAll(async () => {
  database = await migratedDatabase()
  folder = mkdtempSync(join(tmpdir(), 'reprise-elsewhere-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database.close()
})

const run = (...args: ReadonlyArray<string>) => cli([...args, '--url', database.url], { folder })

/** The events of a stream, as the store has them. */
const eventsOf = async (stream: string) => {
  const { store } = postgres(database.connect(1))
  const { events } = await right(store.read(stream, { after: 0, limit: 10 }))
  return events.map(({ version, type, schemaVersion, data, metadata }) => ({
    ...{ version, type, schemaVersion, data, metadata },
  }))
}

describe('the tables of Emmett', () => {
  it('that its own library has made and filled are exported, and imported', async () => {
    const emmett = getPostgreSQLEventStore(database.url)
    const added = (name: string) => ({ type: 'ItemAdded', data: { name }, metadata: { by: 'ann' } })
    await emmett.appendToStream('cart-1', [added('tea'), added('milk')])
    await emmett.appendToStream('cart-2', [added('salt')])
    await emmett.appendToStream('cart-1', [{ type: 'Confirmed', data: { at: '2026-01-01' } }])
    await emmett.appendToStream('alone', [added('oil')])
    const before = Date.now()
    await emmett.close()

    const exported = await run('export', 'emmett.ndjson', '--from', 'emmett')
    expect(exported).toMatchObject({ exitCode: 0, error: '' })
    expect(exported.out).toContain('5 events')
    const lines = readFileSync(join(folder, 'emmett.ndjson'), 'utf8').split('\n').slice(1, -2)
    const found = lines.map(
      (line) => JSON.parse(line) as { streamId: string; version: number; recordedAt: number },
    )
    expect(found.map(({ streamId, version }) => `${streamId}:${version}`)).toEqual([
      'cart-1:1',
      'cart-1:2',
      'cart-2:1',
      'cart-1:3',
      'emmett-alone:1',
    ])
    expect(found.every(({ recordedAt }) => recordedAt > before - 60_000)).toBe(true)

    expect(await run('import', 'emmett.ndjson')).toMatchObject({ exitCode: 0, error: '' })
    const [first, , last] = await eventsOf('cart-1')
    expect(first).toMatchObject({
      ...{ version: 1, type: 'ItemAdded', schemaVersion: 1, data: { name: 'tea' } },
      metadata: { imported: true, extra: { by: 'ann' } },
    })
    expect(last).toMatchObject({ version: 3, type: 'Confirmed', data: { at: '2026-01-01' } })
    expect(await run('verify')).toMatchObject({ exitCode: 0 })
  })
})

/**
 * The tables as Marten 8 makes them: written down from its documentation, for .NET is not here. Correlation and headers are
 * columns that it makes only when it is told to.
 */
const MARTEN = `
create schema shop;
create table shop.mt_streams (
  id varchar not null, type varchar null, version bigint, timestamp timestamptz not null default now(), snapshot jsonb null,
  snapshot_version integer null, created timestamptz not null default now(), tenant_id varchar not null default '*DEFAULT*',
  is_archived boolean not null default false, constraint pkey_mt_streams_id primary key (id));
create table shop.mt_events (
  seq_id bigint not null, id uuid not null, stream_id varchar null, version bigint not null, data jsonb not null,
  type varchar(500) not null, timestamp timestamptz not null default '(now())', tenant_id varchar not null default '*DEFAULT*',
  mt_dotnet_type varchar null, is_archived boolean not null default false, correlation_id varchar null,
  causation_id varchar null, headers jsonb null, constraint pkey_mt_events_seq_id primary key (seq_id));
insert into shop.mt_streams (id, type, version) values ('1', 'quest', 2), ('2', null, 1), ('3', 'quest', 1);
insert into shop.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, is_archived, correlation_id, causation_id, headers)
values
  (1, '0b9ec3f0-0000-4000-8000-000000000001', '1', 1, '{"Name": "Ring"}', 'quest_started', '2020-01-01T00:00:00.123Z', '*DEFAULT*', false, 'c1', null, '{"user": "bilbo"}'),
  (2, '0b9ec3f0-0000-4000-8000-000000000002', '2', 1, '5', 'counted', '2020-01-02T00:00:00Z', '*DEFAULT*', false, null, null, null),
  (4, '0b9ec3f0-0000-4000-8000-000000000004', '3', 1, '{}', 'quest_started', '2020-01-03T00:00:00Z', '*DEFAULT*', true, null, null, null),
  (5, '0b9ec3f0-0000-4000-8000-000000000005', '1', 2, '{"Day": 3}', 'members_joined', '2020-01-04T00:00:00Z', '*DEFAULT*', false, null, 'x', null);`

describe('the tables of Marten', () => {
  it('are exported, and imported', async () => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query(MARTEN)
    await client.end()
    const from = ['--from', 'marten', '--from-schema', 'shop']
    expect(await run('export', 'marten.ndjson', ...from)).toMatchObject({ exitCode: 0, error: '' })
    expect(await run('import', 'marten.ndjson')).toMatchObject({ exitCode: 0, error: '' })
    expect(await eventsOf('quest-1')).toEqual([
      {
        ...{ version: 1, type: 'quest_started', schemaVersion: 1, data: { Name: 'Ring' } },
        metadata: { imported: true, correlationId: 'c1', extra: { user: 'bilbo' } },
      },
      {
        ...{ version: 2, type: 'members_joined', schemaVersion: 1, data: { Day: 3 } },
        metadata: { imported: true, causationId: 'x' },
      },
    ])
    expect(await eventsOf('marten-2')).toMatchObject([{ data: { value: 5 } }])
    // What was archived there stays there.
    expect(await eventsOf('quest-3')).toEqual([])
  })

  it('that are of no library that is known are refused', async () => {
    const unknown = await run('export', 'axon.ndjson', '--from', 'axon')
    expect(unknown).toMatchObject({ exitCode: 2 })
    expect(unknown.error).toContain('--from must be one of: emmett, marten')
  })
})
