import { isDeepStrictEqual } from 'node:util'
import { Pool } from 'pg'
import * as TE from 'fp-ts/TaskEither'
import {
  fromStart,
  openCategory,
  projectionReader,
  runProcessManager,
  runProjection,
  transientFailure,
} from 'reprise'
import { forgotten } from 'reprise/codec'
import { masterKeyFrom, postgres, type PostgresBackend } from 'reprise/postgres'
import { seededRandom } from 'reprise/testing'
import { verifyStore } from '../../src/shell/transfer/verify-store'
import { bundled } from '../support/bundled'
import { contacts, customers, greeting, register } from '../support/customers'
import { copyDatabase, createDatabase, type TestDatabase } from '../support/database'
import { eventually } from '../support/eventually'
import { tablesWith } from '../support/found-in'
import { type Killable, killed, type Run } from '../support/kills'
import { masterKeyBytes } from '../support/master-keys'
import { right } from '../support/right'
import { appendTicks, tick } from '../support/ticks'
import { scaled } from '../support/workers'

/** How often each operation is killed: 20 with `npm run test:kills`. */
const KILLS = scaled('REPRISE_KILLS', 2)
const SEED = scaled('REPRISE_KILLS_SEED', 1 + Math.floor(Math.random() * 1_000_000))
const random = seededRandom(SEED)

const byMasterKey = (id: string) => ({
  personalData: { masterKey: masterKeyFrom(id, masterKeyBytes), cacheFor: 3_600_000 },
})
const PEOPLE = 40
const gone = { customerId: 'c-7', email: forgotten, names: [] }

interface Open {
  readonly url: string
  readonly pool: Pool
  readonly backend: PostgresBackend<unknown>
  readonly close: () => Promise<void>
}
const opened = (url: string, options = byMasterKey('one')): Open => {
  const pool = new Pool({ connectionString: url, max: 6 })
  pool.on('error', () => undefined)
  const backend = postgres(pool, options)
  return {
    url,
    pool,
    backend,
    close: async () => {
      await backend.close()
      await pool.end()
    },
  }
}

/** Customers, of whom each has been written to the documents, the snapshots and the outbox; some streams are closed. */
const fill = async ({ backend, pool }: Open): Promise<void> => {
  await right(backend.migrate)
  for (let n = 0; n < 30; n++) {
    const tagged = [{ ...tick(n), ...(n % 2 === 0 ? {} : { tags: [`third:${n % 3}`] }) }]
    const append = { streamId: `tick-${n}`, expectedVersion: 0, events: tagged }
    const marks = [{ commandId: `c${n}`, skip: 0, eventCount: 1, fingerprint: undefined }]
    await right(backend.store.append({ ...append, commands: marks }))
    await appendTicks(backend.store, `tick-${n}`, 1, 2, 3)
    if (n < 20) {
      const closing = { streamId: `tick-${n}`, by: 'test', why: 'test' }
      await right(backend.operator.closeStream(closing))
    }
  }
  const desk = openCategory(customers, backend)
  const running = new AbortController()
  const { signal } = running
  const mail = () => TE.left(transientFailure('the mail server is down'))
  const ended = Promise.all([
    runProjection(contacts)(backend, { signal })(),
    runProcessManager(greeting, mail, { from: fromStart })(backend, { signal })(),
  ])
  for (let n = 0; n < PEOPLE; n++) {
    const address = `ada${n}@planted.example`
    await right(desk.handleCommand(`${n}`, register(`c-${n}`, address, 'Ada Planted')))
  }
  for (let round = 0; round < 3; round++) {
    const move = { type: 'Move', email: `moved${round}@planted.example` } as const
    await right(desk.handleCommand('7', move, { commandId: `move ${round}` }))
  }
  await desk.snapshotsSettled()
  const reader = projectionReader(contacts)(backend)
  await eventually(
    async () => (await right(reader.get('customer-7')))?.email === 'moved2@planted.example',
  )
  await eventually(async () => {
    const { rows } = await pool.query('select from reprise.outbox')
    return rows.length === PEOPLE
  })
  running.abort()
  await ended
}

let filled: TestDatabase
beforeAll(async () => {
  process.stdout.write(`seed ${SEED}\n`)
  filled = await createDatabase()
  const first = opened(filled.url)
  await fill(first)
  // What is written down about an operation takes a while: so it can be killed in the middle of its transaction.
  await first.pool.query(`
    create function public.slow() returns trigger language plpgsql as $$
    begin perform pg_sleep(0.01); return new; end $$;
    create trigger slow before insert on reprise.audit for each row execute function public.slow()`)
  await first.close()
}, 120_000)
afterAll(() => filled.drop())

/** Rows of some tables, as one text. */
const rowsOf = async (
  { pool }: Pick<Open, 'pool'>,
  ...selects: ReadonlyArray<string>
): Promise<ReadonlyArray<unknown>> => {
  const all = await Promise.all(
    selects.map((select) =>
      pool.query<{ row: unknown }>(`select to_jsonb(t) as row from (${select}) t`),
    ),
  )
  return all.map(({ rows }) => rows.map(({ row }) => JSON.stringify(row)).sort())
}

const EVENTS = 'select * from reprise.events'
const STORED = [
  EVENTS,
  ...['commands', 'snapshots', 'documents', 'outbox', 'event_tags'].map(
    (t) => `select * from reprise.${t}`,
  ),
]
const entriesOf = async (open: Open, action: string): Promise<number> => {
  const { rows } = await open.pool.query('select from reprise.audit where action = $1', [action])
  return rows.length
}

interface Operation {
  readonly command: Killable['command']
  readonly afterKill: () => Promise<void>
  readonly afterEnd: (run: Run) => Promise<void>
}

/** An operation on a copy of the store, which must be sound after each kill. */
const on = (operation: (open: Open) => Promise<Operation>) => async (): Promise<Killable> => {
  const copy = await copyDatabase(filled)
  const open = opened(copy.url)
  const { command, afterKill, afterEnd } = await operation(open)
  const sound = async (): Promise<void> => {
    expect((await right(verifyStore({})(open.backend))).defects).toEqual([])
  }
  return {
    url: copy.url,
    command,
    afterKill: async () => {
      await sound()
      await afterKill()
    },
    afterEnd: async (run) => {
      expect([run.code, run.code === 0 ? '' : run.text]).toEqual([0, ''])
      await sound()
      await afterEnd(run)
    },
    close: async () => {
      await open.close()
      await copy.drop()
    },
  }
}

const program = (url: string, ...args: ReadonlyArray<string>) => [
  ...[bundled('src/cli/main.ts'), ...args, '--json', '--by', 'killed', '--url', url],
]
const deliberately = (confirm: string) => ['--why', 'ticket 1', '--yes', '--confirm', confirm]

const forgetting = on(async (open) => {
  const before = await rowsOf(open, ...STORED)
  // Another process, which has the state in memory.
  const desk = openCategory(customers, open.backend)
  await right(desk.load('7'))
  const read = async (): Promise<unknown> => {
    const fresh = opened(open.url)
    const { state } = await right(openCategory(customers, fresh.backend).load('7'))
    await fresh.close()
    return state.email
  }
  return {
    command: (url) => program(url, 'forget', 'c-7', ...deliberately('c-7')),
    afterKill: async () => {
      const { rows } = await open.pool.query<{ gone: boolean; written: boolean }>(`
        select wrapped is null as gone, exists (select from reprise.audit where action = 'forget') as written
        from reprise.subject_keys where subject = 'c-7'`)
      expect(rows[0]?.gone).toBe(rows[0]?.written)
      const email = await read()
      if (rows[0]?.gone === true) expect(email).toEqual(forgotten)
      expect([forgotten, 'moved2@planted.example']).toContainEqual(email)
    },
    afterEnd: async () => {
      expect(await entriesOf(open, 'forget')).toBe(1)
      expect(await read()).toEqual(forgotten)
      await eventually(async () =>
        isDeepStrictEqual((await right(desk.cached('7'))).state, { ...gone, greetings: 0 }),
      )
      const reader = projectionReader(contacts)(open.backend)
      expect(await right(reader.get('customer-7'))).toMatchObject(gone)
      expect((await right(reader.get('customer-8')))?.email).toBe('ada8@planted.example')
      expect(await rowsOf(open, ...STORED)).toEqual(before)
      await open.pool.query('update reprise.outbox set due_at = now()')
      const due = await right(open.backend.outbox.takeDue('greeting', PEOPLE))
      const greets = due.map(({ command }) => command)
      expect(greets).toContainEqual({ type: 'Greet', customerId: 'c-7', email: forgotten })
      const others = greets.filter((greet) => JSON.stringify(greet).includes('@planted'))
      expect(others).toHaveLength(PEOPLE - 1)
      expect(await tablesWith(open.pool, 'lanted')).toEqual([])
    },
  }
})

const rotating = on(async (open) => {
  const both = masterKeyFrom('two', masterKeyBytes)
  await open.pool.query(`select reprise.forget_subject('c-3', 'test', 'test', false)`)
  /** Each key in the clear, with what has wrapped it. */
  const keys = async (): Promise<ReadonlyMap<string, string>> => {
    const { rows } = await open.pool.query<{
      subject: string
      key: string
      wrapped: string | null
    }>('select subject, master_key as key, wrapped from reprise.subject_keys order by 1')
    const clear = rows.map(async ({ subject, key, wrapped }): Promise<[string, string]> => {
      if (wrapped === null) return [subject, 'forgotten']
      const bytes = await both.unwrap(Buffer.from(wrapped, 'base64'), key)
      return [subject, Buffer.from(bytes ?? []).toString('hex')]
    })
    return new Map(await Promise.all(clear))
  }
  const before = await keys()
  expect(before.size).toBe(PEOPLE)
  return {
    command: (url) => [bundled('tests/chaos/rotation.worker.ts'), url],
    afterKill: async () => expect(await keys()).toEqual(before),
    afterEnd: async () => {
      expect(await keys()).toEqual(before)
      const { rows } = await open.pool.query(
        `select from reprise.subject_keys where master_key <> 'two' and wrapped is not null`,
      )
      expect(rows).toEqual([])
      const onlyTwo = (id: string) => (id === 'two' ? masterKeyBytes(id) : undefined)
      const masterKey = masterKeyFrom('two', onlyTwo)
      const fresh = opened(open.url, { personalData: { masterKey, cacheFor: 3_600_000 } })
      const desk = openCategory(customers, fresh.backend)
      expect((await right(desk.load('7'))).state.email).toBe('moved2@planted.example')
      expect((await right(desk.load('3'))).state.email).toEqual(forgotten)
      await fresh.close()
    },
  }
})

const erasing = on(async (open) => {
  const others = [
    `${EVENTS} where stream_id <> 'tick-3'`,
    `select * from reprise.commands where stream_id <> 'tick-3'`,
  ]
  const before = await rowsOf(open, ...others)
  const left = async () => right(open.backend.store.readAll({ after: 0, limit: 1_000 }))
  return {
    command: (url) => program(url, 'erase', 'tick-3', ...deliberately('tick-3')),
    afterKill: async () => {
      const events = (await left()).events.filter(({ streamId }) => streamId === 'tick-3')
      expect(events.length).toBe((await entriesOf(open, 'erase')) === 0 ? 4 : 0)
    },
    afterEnd: async () => {
      expect(await tablesWith(open.pool, 'tick-3"')).toEqual([])
      expect(await entriesOf(open, 'erase')).toBe(1)
      expect(await rowsOf(open, ...others)).toEqual(before)
    },
  }
})

const archiving = on(async (open) => {
  const columns =
    'position, stream_id, version, id, type, schema_version, recorded_at, data, metadata'
  const all = `select ${columns} from reprise.events where schema_version > 0 union all
    select ${columns} from reprise.archived_events where schema_version > 0`
  const before = await rowsOf(open, all)
  return {
    command: (url) => program(url, 'archive', '--leave-out-tags', ...deliberately('reprise')),
    afterKill: async () => expect(await rowsOf(open, all)).toEqual(before),
    afterEnd: async () => {
      expect(await rowsOf(open, all)).toEqual(before)
      expect((await right(open.backend.operator.retired())).archivedStreams).toBe(20)
      expect(await entriesOf(open, 'archive')).toBe(20)
    },
  }
})

const moving = on(async (open) => {
  const before = await rowsOf(open, ...STORED)
  return {
    command: (url) => program(url, 'migrate', '--partition-by', 'hash:3'),
    afterKill: async () => expect(await rowsOf(open, EVENTS)).toEqual(before.slice(0, 1)),
    afterEnd: async () => {
      expect(await rowsOf(open, ...STORED)).toEqual(before)
      const { rows } = await open.pool.query(
        `select from pg_inherits where inhparent = 'reprise.events'::regclass`,
      )
      expect(rows).toHaveLength(3)
    },
  }
})

describe('a process that is killed at any place, or loses its connections there', () => {
  it.each([
    ['forgetting of a subject', forgetting],
    ['rotation of the master key', rotating],
    ['erasing of a stream', erasing],
    ['archiving of streams', archiving],
    ['move to partitions', moving],
  ])(
    'leaves a %s that is run again, and ends as if it had not been',
    async (what, make) => {
      const kills = await killed(make, KILLS, random)
      process.stdout.write(`${what}, seed ${SEED}: ${JSON.stringify(kills)}\n`)
    },
    30_000 + KILLS * 15_000,
  )
})
