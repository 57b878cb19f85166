import { Client, Pool } from 'pg'
import * as E from 'fp-ts/Either'
import { openCategory } from 'reprise'
import { postgres, type PostgresBackend } from 'reprise/postgres'
import { add, counter } from '../../../support/counter'
import { eventually } from '../../../support/eventually'
import { migratedDatabase, type MigratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { tick } from '../../../support/ticks'
import { startWorker } from '../../../support/workers'

/** How often a process is killed in the middle: 20 with `npm run test:kills`. */
const KILLS = Number(process.env['REPRISE_KILLS'] ?? 3)

let database: MigratedDatabase<unknown>
let pool: Pool
let backend: PostgresBackend<unknown>
const open: Client[] = []

const client = async (): Promise<Client> => {
  const made = new Client({ connectionString: database.url })
  made.on('error', () => undefined)
  await made.connect()
  open.push(made)
  return made
}

beforeAll(async () => {
  database = await migratedDatabase()
  pool = new Pool({ connectionString: database.url })
  backend = postgres(pool)
})
afterAll(async () => {
  await Promise.all(open.map((one) => one.end().catch(() => undefined)))
  await backend.close()
  await pool.end()
  await database.close()
})

let count = 0
const fresh = (): string => `e${count++}`
const erase = (streamId: string) => backend.operator.erase({ streamId, by: 'test', why: 'test' })
const append = (streamId: string, expectedVersion: number | 'any', tags?: ReadonlyArray<string>) =>
  backend.store.append({
    streamId,
    expectedVersion,
    events: [{ ...tick(1), ...(tags === undefined ? {} : { tags }) }],
    commands: [],
  })
/** Everything in the schema in which the text stands, by table. */
const foundIn = async (text: string): Promise<ReadonlyArray<string>> => {
  const asking = await client()
  const { rows: tables } = await asking.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'reprise' order by 1",
  )
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await asking.query(
      `select from reprise.${name} t where strpos(t::text, $1) > 0`,
      [text],
    )
    if (rows.length > 0) found.push(name)
  }
  return found
}

describe('erasing in PostgreSQL', () => {
  it('leaves the plain text of what was stored in no table', async () => {
    const id = fresh()
    const counters = openCategory(counter, backend)
    for (let index = 0; index < 11; index++) {
      const command = { type: 'Note', text: 'Ada Lovelace' } as const
      await right(counters.handleCommand(id, command, { commandId: `Ada Lovelace ${index}` }))
    }
    await counters.snapshotsSettled()
    expect(await foundIn('Ada Lovelace')).toEqual(['commands', 'events'])
    expect(await foundIn(`counter-${id}`)).toContain('snapshots')
    await right(erase(`counter-${id}`))
    expect(await foundIn('Ada Lovelace')).toEqual([])
    expect(await foundIn(`counter-${id}`)).toEqual(['audit', 'events'])
    expect(await left(counters.handleCommand(id, add(1)))).toMatchObject({ _tag: 'StreamErased' })
  })

  it('is all or nothing when the connection is killed before the commit', async () => {
    const streamId = `tick-${fresh()}`
    await right(append(streamId, 0))
    const killed = await client()
    await killed.query('begin')
    await killed.query(
      `select reprise.erase_stream($1, 'test', 'test', '{}', '{}', 'reprise.events'::regclass)`,
      [streamId],
    )
    const killer = await client()
    const { rows } = await killed.query<{ pid: number }>('select pg_backend_pid() as pid')
    await killer.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid])
    expect(await right(backend.store.version(streamId))).toBe(1)
    await right(append(streamId, 1))
    expect(await right(erase(streamId))).toMatchObject({ events: 2 })
  })

  it('is written down for ever, also for the owner of the tables', async () => {
    const streamId = `tick-${fresh()}`
    await right(append(streamId, 0))
    await right(erase(streamId))
    const owner = await client()
    for (const rewriting of [
      "update reprise.audit set operator = 'nobody' where subject = $1",
      'delete from reprise.audit where subject = $1',
      'with t as (select $1::text) update reprise.audit set outcome = null where subject in (table t)',
    ]) {
      await expect(owner.query(rewriting, [streamId])).rejects.toMatchObject({ code: '23001' })
    }
    await expect(owner.query('truncate reprise.audit')).rejects.toMatchObject({ code: '23001' })
  })

  it(
    'is all or nothing when its process is killed in the middle, and can be run again',
    async () => {
      const streamId = `tick-${fresh()}`
      await right(append(streamId, 0))
      const locking = await client()
      await locking.query(
        `insert into reprise.documents (collection, key, value) values ('balances', $1, '{}')`,
        [streamId],
      )
      const statements = async (which: string): Promise<number> => {
        const { rows } = await pool.query(
          `select from pg_stat_activity where datname = current_database() and state = 'active'
           and query like '%erase_stream%' and pid <> pg_backend_pid() ${which}`,
        )
        return rows.length
      }
      for (let round = 0; round < KILLS; round++) {
        // The documents are the last thing that is deleted: it has deleted the events, and waits.
        await locking.query('begin')
        await locking.query('select from reprise.documents where key = $1 for update', [streamId])
        const worker = startWorker(
          'adapters/postgres/schema/erasing.worker.ts',
          database.url,
          streamId,
        )
        await eventually(async () => (await statements("and wait_event_type = 'Lock'")) === 1)
        await worker.kill()
        // Nobody hears its answer; the server ends it, for it waits for the lock longer than it may.
        await eventually(async () => (await statements('')) === 0)
        await locking.query('rollback')
        expect(await right(backend.store.version(streamId))).toBe(1)
        expect(await foundIn(streamId)).toEqual(['documents', 'events'])
      }
      const documents = [{ collection: 'balances', key: streamId }]
      await right(backend.operator.erase({ streamId, by: 'test', why: 'test', documents }))
      expect(await foundIn(streamId)).toEqual(['audit', 'events'])
    },
    KILLS * 20_000,
  )

  it('is met by a transaction that has seen the stream before, whatever its isolation', async () => {
    const streamId = `tick-${fresh()}`
    await right(append(streamId, 0))
    const earlier = await client()
    await earlier.query('begin isolation level repeatable read')
    await earlier.query('select count(*) from reprise.events')
    await right(erase(streamId))
    const insert = `insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
      values ($1, 2, gen_random_uuid(), 'Ticked', 1, now(), '{}', '{}')`
    await expect(earlier.query(insert, [streamId])).rejects.toMatchObject({ code: '23505' })
    await earlier.query('rollback')
    expect(await left(backend.store.version(streamId))).toMatchObject({ _tag: 'StreamErased' })
  })

  it('does not disturb others that share a statement with an append to it', async () => {
    const [gone, ...others] = Array.from({ length: 6 }, () => `tick-${fresh()}`)
    await right(append(gone ?? '', 0))
    await right(erase(gone ?? ''))
    const answers = await Promise.all(
      [gone ?? '', ...others].map((streamId) => append(streamId, 'any')()),
    )
    expect(answers.map((answer) => (E.isLeft(answer) ? answer.left._tag : 'stored'))).toEqual([
      'StreamErased',
      ...others.map(() => 'stored'),
    ])
  })

  it('also erases a stream whose category has tags that are enforced', async () => {
    const streamId = `tagged-${fresh()}`
    await right(append(streamId, 0, ['person:ada']))
    await right(backend.operator.beginTags('tagged', 'unfinished'))
    await right(erase(streamId))
    expect(await foundIn('person:ada')).toEqual([])
  })
})
