import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Client, Pool } from 'pg'
import {
  fromStart,
  openCategory,
  rebuildProjection,
  runProcessManager,
  runProjection,
} from 'reprise'
import { postgres, type PostgresBackend, tableReader } from 'reprise/postgres'
import { totals } from '../../../support/balances'
import { eventually } from '../../../support/eventually'
import { migratedDatabase, type MigratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { sums, type SumTables } from '../../../support/sums'
import { appendTicks, tick } from '../../../support/ticks'
import { accounts, bankOn, transferring } from '../../../support/transfers'

const role = `app_${randomUUID().slice(0, 8)}`
let database: MigratedDatabase<unknown>
let owner: Client
let client: Client
let backend: PostgresBackend<unknown>
let pool: Pool

/** What the page tells the owner to run, for a user of this name. */
const grants = (): string => {
  const page = readFileSync('docs/how-to/migrate.md', 'utf8')
  const block = /```sql\n(grant [^`]*)```/.exec(page)?.[1] ?? ''
  return block.replaceAll(' to app;', ` to ${role};`)
}

beforeAll(async () => {
  database = await migratedDatabase()
  owner = new Client({ connectionString: database.url })
  await owner.connect()
  await owner.query(`create role ${role} login password 'app'; ${grants()}`)
  const url = new URL(database.url)
  url.username = role
  url.password = 'app'
  client = new Client({ connectionString: url.href })
  await client.connect()
  pool = new Pool({ connectionString: url.href })
  backend = postgres(pool)
})
afterAll(async () => {
  await backend.close()
  await pool.end()
  await client.end()
  await owner.query(`drop owned by ${role}; drop role ${role}`)
  await owner.end()
  await database.close()
})

describe('a user with the rights that the page names', () => {
  it('cannot erase a stream, until the owner allows it', async () => {
    const append = { streamId: 'tick-gone', expectedVersion: 0, events: [tick(1)], commands: [] }
    await right(backend.store.append(append))
    const erasing = { streamId: 'tick-gone', by: 'app', why: 'test' }
    expect(await left(backend.operator.erase(erasing))).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'AccessDenied',
    })
    expect(await right(backend.store.version('tick-gone'))).toBe(1)
    const page = readFileSync('docs/how-to/erase.md', 'utf8')
    const grant = /```sql\n([^`]*grant execute [^`]*)```/.exec(page)?.[1] ?? ''
    await owner.query(grant.replaceAll('data_protection', role))
    expect(await right(backend.operator.erase(erasing))).toMatchObject({ by: 'app', events: 1 })
  })

  it('cannot close or archive a stream, until the owner allows it', async () => {
    const streamId = 'tick-closed'
    const append = { streamId, expectedVersion: 0, events: [tick(1)], commands: [] }
    await right(backend.store.append(append))
    const decided = { by: 'app', why: 'test' }
    const archiving = { ...decided, streams: [streamId], tagged: 'refuse' } as const
    const denied = { _tag: 'StoreFailed', reason: 'AccessDenied' }
    expect(await left(backend.operator.closeStream({ ...decided, streamId }))).toMatchObject(denied)
    expect(await left(backend.operator.archive(archiving))).toMatchObject(denied)
    const page = readFileSync('docs/how-to/close-and-archive.md', 'utf8')
    const grant = /```sql\n([^`]*grant execute [^`]*)```/.exec(page)?.[1] ?? ''
    await owner.query(grant.replaceAll(' to app;', ` to ${role};`))
    expect(await right(backend.operator.closeStream({ ...decided, streamId }))).toMatchObject({
      version: 1,
    })
    expect(await left(backend.operator.archive(archiving))).toMatchObject(denied)
    const moving = { file: 'a', streams: [streamId], expects: 'new' } as const
    expect(await left(backend.operator.beginMoveToFile(moving))).toMatchObject(denied)
    const written = { ...decided, range: 1, sha256s: [] }
    expect(await left(backend.operator.finishMoveToFile(written))).toMatchObject(denied)
    expect(await left(backend.operator.rangeOverwritten(1))).toMatchObject(denied)
    expect(await right(backend.operator.unusedRanges())).toEqual([])
    expect(await right(backend.store.version(streamId))).toBe(1)
  })

  it('cannot import, until the owner allows it', async () => {
    const { transfer } = backend
    const archive = randomUUID()
    const denied = { _tag: 'StoreFailed', reason: 'AccessDenied' }
    expect(await left(transfer.beginImport(archive, []))).toMatchObject(denied)
    const page = readFileSync('docs/how-to/export-and-import.md', 'utf8')
    const grant = /```sql\n([^`]*grant insert[^`]*)```/.exec(page)?.[1] ?? ''
    await owner.query(grant.replaceAll(' to app;', ` to ${role};`))
    const from = await right(transfer.beginImport(archive, []))
    const event = { ...tick(1), streamId: 'history-1', version: 1, recordedAt: 1, tags: ['old'] }
    const command = { streamId: 'history-1', commandId: 'one', after: 0, eventCount: 1 }
    const refusal = { line: 2, start: 1, length: 1, reason: 'UnknownLine', message: 'no line' }
    const to = { lines: 3, bytes: 3, isFinished: true }
    const batch = { from, to, events: [event], commands: [command], refusals: [refusal] }
    expect(await right(transfer.storeBatch({ ...batch, completeTags: [] }))).toMatchObject({
      ...{ events: 1, commands: 1, refused: 1, isFinished: true },
    })
    expect(await right(backend.store.version('history-1'))).toBe(1)
    const next = await right(transfer.beginImport(randomUUID(), []))
    const summary = { ...event, id: randomUUID(), streamId: 'history-2', version: 3 }
    const events = [{ ...summary, metadata: { beginning: true } as const }]
    const second = { from: next, to, events, commands: [], refusals: [], completeTags: [] }
    expect(await right(transfer.storeBatch(second))).toMatchObject({ events: 1 })
  })

  it('can append with tags and on conditions, and read by them', async () => {
    const query = [{ tags: ['rights'] }] as const
    const append = {
      streamId: 'tick-0',
      expectedVersion: 'any' as const,
      events: [{ ...tick(1), tags: ['rights'] }],
      commands: [],
    }
    await right(backend.store.append(append))
    const { sight } = await right(backend.store.readMatching(query, { limit: 10 }))
    const streams = [{ ...append, events: [{ ...tick(2), tags: ['rights'] }] }]
    await right(backend.store.appendTogether({ streams, condition: { query, sight } }))
    const page = await right(backend.store.readAll({ after: 0, limit: 10, tags: ['rights'] }))
    expect(page.events).toHaveLength(2)
  })

  it('can declare the tags of a category, and nothing more about them', async () => {
    const tagged = openCategory(
      { ...accounts, name: 'tagged', tags: (_event, id) => [id] },
      backend,
    )
    await right(tagged.handleCommand('a', { type: 'Open', amount: 1 }))
    expect(await right(backend.operator.taggedCategories())).toMatchObject([
      { category: 'tagged', completeAfter: 0 },
    ])
    for (const statement of [
      'update reprise.tagged_categories set complete_after = 0',
      'delete from reprise.tagged_categories',
    ]) {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('can handle commands, save snapshots, and run projections and process managers', async () => {
    const bank = bankOn(backend.store)
    for (const id of ['a', 'b']) {
      await right(bank.account.handleCommand(id, { type: 'Open', amount: 100 }, { commandId: id }))
    }
    await right(
      backend.store.saveSnapshot({
        streamId: 'account-a',
        version: 1,
        schemaVersion: 1,
        state: 100,
      }),
    )
    const last = (await appendTicks(backend.store, 'tick-1', 3)).at(-1) ?? 0

    const running = new AbortController()
    const { signal } = running
    const ended = Promise.all([
      runProjection(totals())(backend, { signal })(),
      runProcessManager(transferring, bank.dispatch, { from: fromStart })(backend, { signal })(),
    ])
    const transfer = { type: 'Request', transfer: 't', from: 'a', to: 'b', amount: 30 } as const
    await right(bank.transfer.handleCommand('t', transfer))
    await eventually(async () => (await right(bank.transfer.load('t'))).state.outcome === 'done')
    await eventually(async () => {
      const build = await right(backend.documents.active('totals'))
      return build && ((await right(backend.subscriptions.reached(build.collection))) ?? 0) >= last
    })
    running.abort()
    expect(await ended).toMatchObject([{ _tag: 'Right' }, { _tag: 'Right' }])
    const access = (await right(backend.operator.examine())).find(({ check }) => check === 'access')
    expect(access).toMatchObject({ level: 'ok' })
  })

  it('can keep tables of its own, once it may create schemas', async () => {
    const tables = postgres<SumTables>(pool)
    const projection = sums('shown')
    const last = (await appendTicks(backend.store, 'tick-2', 3)).at(-1) ?? 0
    const { signal } = new AbortController()
    expect(await runProjection(projection)(tables, { signal })()).toMatchObject({
      left: { _tag: 'StoreFailed', reason: 'AccessDenied' },
    })
    const { rows } = await owner.query<{ readonly name: string }>(
      'select current_database() as name',
    )
    await owner.query(`grant create on database ${rows[0]?.name} to ${role}`)
    const running = new AbortController()
    const ended = runProjection(projection)(tables, { signal: running.signal })()
    await right(tableReader(projection)(tables).until(last, 20_000))
    running.abort()
    expect(await ended).toMatchObject({ _tag: 'Right' })
    await right(rebuildProjection(projection, { keepOldBuild: 0 })(tables))
    const shown = await client.query('select sum from shown.sums where stream = $1', ['tick-2'])
    expect(shown.rows).toEqual([{ sum: 3 }])
    await tables.close()
  })

  it.each([
    'delete from reprise.events',
    `update reprise.events set type = 'Changed'`,
    'truncate reprise.events',
    'delete from reprise.commands',
    'delete from reprise.event_tags',
    'update reprise.store set lineage = gen_random_uuid()',
    'select reprise.new_lineage()',
    'drop trigger events_are_immutable on reprise.events',
    `set session_replication_role = 'replica'`,
  ])('cannot: %s', async (statement) => {
    await client.query(`set reprise.maintenance = 'on'`)
    await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' })
  })
})

describe('a user who may delete events, by the rights of its tables', () => {
  it('cannot do it all the same, whatever it sets', async () => {
    await owner.query(`grant update, delete on reprise.events to ${role}`)
    await client.query(`set reprise.maintenance = 'on'`)
    for (const statement of [
      'delete from reprise.events',
      `update reprise.events set version = 9`,
    ]) {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '23001' })
    }
  })
})
