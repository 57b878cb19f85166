import { Client } from 'pg'
import * as E from 'fp-ts/Either'
import { openCategory } from 'reprise'
import { memory } from 'reprise/memory'
import { judge } from '../../src/core/transfer/judge'
import { verifyStore } from '../../src/shell/transfer/verify-store'
import { add, counter } from '../support/counter'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { left, right } from '../support/right'
import { tick } from '../support/ticks'

let side: PostgresReadSide
let client: Client
beforeAll(async () => {
  side = await postgresReadSide()
  client = new Client({ connectionString: side.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await side.close()
})

let count = 0
const fresh = (): string => `tick-c${count++}`
const appendTo = (streamId: string, expectedVersion: number | 'any' = 'any') => ({
  streamId,
  expectedVersion,
  events: [tick(1)],
  commands: [],
})
const CLOSED = { _tag: 'StreamClosed' }

const inMemory = memory()
const backends = [
  ['memory', () => inMemory],
  ['PostgreSQL', () => side],
] as const

describe.each(backends)('a closed stream in %s', (_name, backend) => {
  const closed = async (): Promise<string> => {
    const { store, operator } = backend()
    const streamId = fresh()
    await right(store.append(appendTo(streamId, 0)))
    await right(operator.closeStream({ streamId, by: 'test', why: 'test' }))
    return streamId
  }

  it('refuses an append to several streams, of which the others get nothing, too', async () => {
    const { store } = backend()
    const [streamId, open] = [await closed(), fresh()]
    const streams = [appendTo(open), appendTo(streamId, 1)]
    expect(await left(store.appendTogether({ streams }))).toMatchObject({ ...CLOSED, streamId })
    expect(await right(store.version(open))).toBe(0)
  })

  it('refuses an append on a condition, and one that has locked it first', async () => {
    const { store } = backend()
    const streamId = await closed()
    const query = [{ tags: [streamId] }] as const
    const { sight } = await right(store.readMatching(query, { limit: 10 }))
    const request = { streams: [appendTo(streamId)], condition: { query, sight } }
    expect(await left(store.appendTogether(request))).toMatchObject({ ...CLOSED, streamId })
    const locked = store.appendLocked(request, () => async () => E.right(request))
    expect(await left(locked)).toMatchObject({ ...CLOSED, streamId })
  })

  it('takes no events from an import, which is told so', async () => {
    const { transfer, store } = backend()
    const [streamId, open] = [await closed(), fresh()]
    const look = await right(transfer.lookForImport([streamId, open], []))
    expect([look.versions.get(streamId), look.closed]).toEqual([1, new Set([streamId])])
    const at = { line: 1, start: 0, length: 1 }
    const event = { ...tick(2), streamId, version: 2, recordedAt: 0, tags: [] }
    const { events, refusals } = judge([{ _tag: 'Event', at, event }], look)
    expect(events).toEqual([])
    expect(refusals).toMatchObject([{ line: 1, reason: 'StreamClosed' }])

    const archive = `closed ${streamId}`
    const from = await right(transfer.beginImport(archive, []))
    const to = { lines: 1, bytes: 1, isFinished: false }
    const batch = { from, to, events: [event], commands: [], refusals: [], completeTags: [] }
    expect(await right(transfer.storeBatch(batch))).toBeUndefined()
    expect(await right(store.version(streamId))).toBe(1)
  })

  it('is met by a state in memory, and loads as before', async () => {
    const { store, operator } = backend()
    const [desk, elsewhere] = [openCategory(counter, backend()), openCategory(counter, backend())]
    const id = fresh()
    await right(desk.handleCommand(id, add(2), { commandId: 'first' }))
    await right(elsewhere.handleCommand(id, add(3)))
    await right(operator.closeStream({ streamId: `counter-${id}`, by: 'test', why: 'test', at: 2 }))
    for (const category of [desk, elsewhere, openCategory(counter, backend())]) {
      expect(await left(category.handleCommand(id, add(1)))).toMatchObject(CLOSED)
      expect(await right(category.load(id))).toMatchObject({ version: 2 })
    }
    // What was handled before is answered as it was.
    const again = elsewhere.handleCommand(id, add(2), { commandId: 'first' })
    expect(await right(again)).toMatchObject({ version: 1 })
    expect(await right(store.version(`counter-${id}`))).toBe(2)
  })
})

describe('a closed stream in PostgreSQL', () => {
  const close = (streamId: string) =>
    side.operator.closeStream({ streamId, by: 'test', why: 'test' })

  it('does not disturb others that share a statement with an append to it', async () => {
    const [gone = '', ...others] = Array.from({ length: 6 }, fresh)
    await right(side.store.append(appendTo(gone, 0)))
    await right(close(gone))
    const answers = await Promise.all(
      [gone, ...others].map((id) => side.store.append(appendTo(id))()),
    )
    expect(answers.map((answer) => (E.isLeft(answer) ? answer.left._tag : 'stored'))).toEqual([
      'StreamClosed',
      ...others.map(() => 'stored'),
    ])
  })

  it('is met by a transaction that has seen the stream before, whatever its isolation', async () => {
    const streamId = fresh()
    await right(side.store.append(appendTo(streamId, 0)))
    await client.query('begin isolation level repeatable read')
    await client.query('select count(*) from reprise.events')
    await right(close(streamId))
    const insert = `insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
      values ($1, 2, gen_random_uuid(), 'Ticked', 1, now(), '{}', '{}')`
    await expect(client.query(insert, [streamId])).rejects.toMatchObject({ code: '23505' })
    await client.query('rollback')
  })

  it('is all or nothing when its transaction is broken off before the commit', async () => {
    const streamId = fresh()
    await right(side.store.append(appendTo(streamId, 0)))
    const killed = new Client({ connectionString: side.url })
    killed.on('error', () => undefined)
    await killed.connect()
    await killed.query('begin')
    await killed.query(
      `select reprise.close_stream($1, null, 'test', 'test', 'reprise.events'::regclass)`,
      [streamId],
    )
    const { rows } = await killed.query<{ pid: number }>('select pg_backend_pid() as pid')
    await client.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid])
    await killed.end().catch(() => undefined)
    await right(side.store.append(appendTo(streamId, 1)))
    expect(await right(close(streamId))).toMatchObject({ version: 2 })
    const audit = `select from reprise.audit where subject = $1`
    expect((await client.query(audit, [streamId])).rowCount).toBe(1)
  })

  it('also closes a stream whose category has tags that are enforced, and the store verifies', async () => {
    const streamId = 'tagged-1'
    const [event] = appendTo(streamId).events
    const tagged = event === undefined ? [] : [{ ...event, tags: ['person:ada'] }]
    await right(side.store.append({ ...appendTo(streamId, 0), events: tagged }))
    await right(side.operator.beginTags('tagged', 'unfinished'))
    await right(close(streamId))
    expect(await right(verifyStore({})(side))).toMatchObject({ defects: [] })
  })

  it('has no room for a version after the last one that there can be', async () => {
    const streamId = fresh()
    await client.query(
      `insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
       values ($1, 2147483646, gen_random_uuid(), 'Ticked', 1, now(), '{}', '{}')`,
      [streamId],
    )
    expect(await right(close(streamId))).toMatchObject({ version: 2147483646 })
    expect(await left(side.store.append(appendTo(streamId)))).toMatchObject(CLOSED)
  })
})
