import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { Client, Pool } from 'pg'
import * as TE from 'fp-ts/TaskEither'
import {
  fromStart,
  logNotices,
  openCategory,
  projectionReader,
  runProcessManager,
  runProjection,
  transientFailure,
} from 'reprise'
import { forgotten } from 'reprise/codec'
import { masterKeyFrom, postgres, rotateMasterKey } from 'reprise/postgres'
import { contacts, customerEvents, customers, greeting, register } from '../../support/customers'
import { eventually } from '../../support/eventually'
import { migratedDatabase, type MigratedDatabase } from '../../support/postgres'
import { left, right } from '../../support/right'
import { onServer, startServer } from '../../support/servers'

const masterKey = masterKeyFrom('one', () => new Uint8Array(32).fill(1))
/** Long enough that only a notice takes anything out of a cache. */
const personalData = { masterKey, cacheFor: 3_600_000 }

let database: MigratedDatabase<unknown>
let asking: Client
const ends: (() => Promise<unknown>)[] = []

/** The backend of one more process. */
const process = () => {
  const pool = new Pool({ connectionString: database.url, max: 10 })
  const backend = postgres(pool, { personalData })
  ends.push(async () => {
    await backend.close()
    await pool.end()
  })
  return backend
}

beforeAll(async () => {
  database = await migratedDatabase()
  asking = new Client({ connectionString: database.url })
  await asking.connect()
})
afterAll(async () => {
  await asking.end()
  for (const end of ends) await end()
  await database.close()
})

/** Every table of the schema in which the text stands. */
const foundIn = async (text: string): Promise<ReadonlyArray<string>> => {
  const { rows: tables } = await asking.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'reprise' order by 1",
  )
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await asking.query(
      `select from reprise.${name} t where strpos(t::text, $1) > 0 limit 1`,
      [text],
    )
    if (rows.length > 0) found.push(name)
  }
  return found
}

const forget = (subject: string) => ({ subject, by: 'test', why: 'ticket 1' })

describe('personal data in PostgreSQL', () => {
  it('is plain in no table and no log, and once it is forgotten every reader has the placeholder', async () => {
    const [one, elsewhere] = [process(), process()]
    const lines: unknown[] = []
    const sent: unknown[] = []
    const log = (...line: unknown[]) => lines.push(JSON.stringify(line))
    const onAnyNotice = logNotices({ debug: log, info: log, warn: log, error: log })
    const here = { ...one, onAnyNotice }
    const desk = openCategory(customers, here)
    const far = openCategory(customers, elsewhere)
    const running = new AbortController()
    ends.unshift(() => {
      running.abort()
      return Promise.resolve()
    })
    const { signal } = running
    const ended = Promise.all([
      runProjection(contacts)(here, { signal })(),
      runProcessManager(
        greeting,
        (command) => {
          sent.push(command)
          return TE.left(transientFailure('the mail server is down'))
        },
        {
          from: fromStart,
        },
      )(here, { signal })(),
    ])
    await right(desk.handleCommand('7', register('c-7', 'ada@planted.example', 'Ada Planted')))
    await right(desk.handleCommand('9', register('c-9', 'grace@planted.example', 'Grace Planted')))
    for (let round = 0; round < 3; round++) {
      const move = { type: 'Move', email: `ada${round}@planted.example` } as const
      await right(desk.handleCommand('7', move, { commandId: `move ${round}` }))
    }
    await desk.snapshotsSettled()
    expect((await right(far.load('7'))).state.email).toBe('ada2@planted.example')
    const reader = projectionReader(contacts)(here)
    await eventually(async () => (await reader.get('customer-7')())._tag === 'Right')
    await eventually(
      async () => (await right(reader.get('customer-7')))?.email === 'ada2@planted.example',
    )
    await eventually(async () => (await foundIn('"Greet"')).includes('outbox'))
    expect(await foundIn('customer-7')).toEqual(
      expect.arrayContaining(['documents', 'events', 'outbox', 'snapshots']),
    )

    expect(await foundIn('lanted')).toEqual([])
    await right(elsewhere.operator.forgetSubject(forget('c-7')))

    const gone = { customerId: 'c-7', email: forgotten, names: [] }
    for (const each of [desk, far]) {
      await eventually(async () => typeof (await right(each.cached('7'))).state.email === 'object')
      expect((await right(each.load('7'))).state).toMatchObject(gone)
      const early = (await right(each.replayTo('7', 2))).state
      expect(early).toMatchObject({ email: forgotten, names: ['N.N.'] })
    }
    await eventually(async () => typeof (await right(reader.get('customer-7')))?.email === 'object')
    expect(await right(reader.get('customer-7'))).toMatchObject(gone)
    expect(await right(reader.get('customer-9'))).toMatchObject({ email: 'grace@planted.example' })
    // The mail server is still down: what is sent to it by now says no more than that.
    const greet = { type: 'Greet', customerId: 'c-7', email: forgotten }
    await eventually(() => sent.some((command) => isDeepStrictEqual(command, greet)))
    running.abort()
    await ended
    expect(lines.length).toBeGreaterThan(10)
    expect(lines.filter((line) => String(line).includes('lanted'))).toEqual([])
    expect(await foundIn('lanted')).toEqual([])
  }, 60_000)

  it('has typed errors for a key that is missing, or is another one', async () => {
    const backend = process()
    const desk = openCategory(customers, backend)
    for (const id of ['20', '21']) {
      await right(desk.handleCommand(id, register(`c-${id}`, 'joan@planted.example', 'Joan')))
    }
    await asking.query('alter table reprise.subject_keys disable trigger user')
    await asking.query("delete from reprise.subject_keys where subject = 'c-20'")
    await asking.query(
      `update reprise.subject_keys k set wrapped = (
         select wrapped from reprise.subject_keys o where o.subject = 'c-9') where subject = 'c-21'`,
    )
    await asking.query('alter table reprise.subject_keys enable trigger user')
    const fresh = openCategory(customers, process())
    for (const [id, reason] of [
      ['20', 'SubjectKeyMissing'],
      ['21', 'CorruptRow'],
    ] as const) {
      expect(await left(fresh.load(id))).toMatchObject({ _tag: 'StoreFailed', reason })
    }
  })

  it('never gets a forgotten subject back, also not by the owner of the tables', async () => {
    const backend = process()
    const desk = openCategory(customers, backend)
    await right(desk.handleCommand('30', register('c-30', 'joan@planted.example', 'Joan')))
    await right(backend.operator.forgetSubject(forget('c-30')))
    for (const statement of [
      "update reprise.subject_keys set wrapped = 'AAAA', forgotten = null where subject = 'c-30'",
      "delete from reprise.subject_keys where subject = 'c-30'",
      'truncate reprise.subject_keys',
    ]) {
      await expect(asking.query(statement)).rejects.toMatchObject({ code: '23001' })
    }
  })

  it('is wrapped anew by many processes at once, while others write', async () => {
    const backend = process()
    const desk = openCategory(customers, backend)
    const ids = Array.from({ length: 20 }, (_, index) => `4${index}`)
    for (const id of ids)
      await right(desk.handleCommand(id, register(`r-${id}`, 'a@b.example', 'R')))
    const next = masterKeyFrom('two', (id) => new Uint8Array(32).fill(id === 'two' ? 2 : 1))
    const [, , written] = await Promise.all([
      right(rotateMasterKey(backend, next)),
      right(rotateMasterKey(process(), next)),
      right(desk.handleCommand('4x', register('r-4x', 'late@b.example', 'R'))),
    ])
    expect(written.version).toBe(1)
    await right(rotateMasterKey(backend, next))
    const { rows } = await asking.query(
      "select from reprise.subject_keys where master_key <> 'two' and wrapped is not null",
    )
    expect(rows).toEqual([])
    const pool = new Pool({ connectionString: database.url, max: 2 })
    const rotated = postgres(pool, { personalData: { masterKey: next } })
    const states = await Promise.all(
      ['40', '4x'].map((id) => right(openCategory(customers, rotated).load(id))),
    )
    expect(states.map(({ state }) => state.email)).toEqual(['a@b.example', 'late@b.example'])
    await rotated.close()
    await pool.end()
  }, 30_000)
})

/** The files of a folder, and of all folders in it, in which the text stands. */
const filesWith = (folder: string, text: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name)
    return (
      statSync(path, { throwIfNoEntry: false })?.isFile() === true &&
      readFileSync(path).includes(text)
    )
  })

describe('the files of a server: tables, indexes, its journal and its log', () => {
  it('hold no byte of what is personal, before it is forgotten and after', async () => {
    const server = await startServer()
    const pool = new Pool({ connectionString: server.url, max: 4 })
    const backend = postgres(pool, { personalData })
    const running = new AbortController()
    try {
      await right(backend.migrate)
      const desk = openCategory(customers, backend)
      const projecting = runProjection(contacts)(backend, { signal: running.signal })()
      await right(desk.handleCommand('7', register('c-7', 'ada@planted.example', 'Ada Planted')))
      for (let round = 0; round < 3; round++) {
        await right(desk.handleCommand('7', { type: 'Move', email: `ada${round}@planted.example` }))
      }
      await desk.snapshotsSettled()
      const reader = projectionReader(contacts)(backend)
      await eventually(
        async () => (await right(reader.get('customer-7')))?.email === 'ada2@planted.example',
      )
      const [at] = await onServer<{ folder: string }>(
        server.url,
        "select current_setting('data_directory') as folder",
      )
      const stored = async (text: string): Promise<ReadonlyArray<string>> => {
        await onServer(server.url, 'checkpoint')
        return filesWith(at?.folder ?? '', text)
      }
      const ids = await stored('customer-7')
      expect(ids.some((name) => name.startsWith('base'))).toBe(true)
      expect(ids.some((name) => name.startsWith('pg_wal'))).toBe(true)
      expect(await stored('lanted')).toEqual([])
      await right(backend.operator.forgetSubject(forget('c-7')))
      await eventually(
        async () => typeof (await right(reader.get('customer-7')))?.email === 'object',
      )
      expect(await stored('lanted')).toEqual([])
      running.abort()
      await projecting
    } finally {
      running.abort()
      await backend.close()
      await pool.end()
      await server.stop()
    }
  }, 120_000)
})

describe('personal data inside of transactions, on one connection', () => {
  it('makes its keys in them: rolled back with them, and never waited for', async () => {
    const pglite = await PGlite.create()
    const backend = postgres(pglite, { personalData })
    await right(backend.migrate)
    const desk = openCategory(customers, backend)
    const command = register('c-1', 'ada@planted.example', 'Ada')
    await backend.db
      .transaction()
      .execute(async (transaction) => {
        await right(desk.inTransaction(transaction).handleCommand('1', command))
        expect((await right(desk.inTransaction(transaction).load('1'))).state.email).toBe(
          'ada@planted.example',
        )
        return Promise.reject(new Error('rolled back'))
      })
      .catch(() => undefined)
    expect(await right(backend.subjectKeys.find(['c-1']))).toEqual([])
    await right(desk.handleCommand('1', command))

    const encoded = customerEvents.encode({
      type: 'Moved',
      customerId: 'c-2',
      email: 'b@c.example',
    })
    if (encoded._tag === 'Left') throw new Error('not encoded')
    const event = { ...encoded.right, id: crypto.randomUUID(), metadata: {}, tags: ['customer:2'] }
    const request = { streamId: 'customer-2', expectedVersion: 0, commands: [], events: [event] }
    const likely = { streams: [{ ...request, events: [] }] }
    await right(
      backend.store.appendLocked(likely, (readMatching) => async () => {
        await right(readMatching([{ tags: ['customer:2'] }], { limit: 10 }))
        return { _tag: 'Right', right: { streams: [request] } }
      }),
    )
    expect((await right(desk.load('2'))).state.email).toBe('b@c.example')
    await right(backend.operator.forgetSubject(forget('c-2')))
    expect((await right(desk.load('2'))).state.email).toEqual(forgotten)
    await backend.close()
    await pglite.close()
  }, 90_000)
})
