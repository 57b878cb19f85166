import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from 'kysely'
import { Client, Pool } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { connectPool } from '../../../../src/adapters/postgres/connection/pool'
import type { PreparedStatementsMode } from '../../../../src/adapters/postgres/connection/prepared-statements'
import type { AppendRequest } from '../../../../src/core/append'
import type { InlineProjection } from '../../../../src/core/ports/inline-projection'
import type { DecodedPendingEvent } from '../../../../src/core/recorded-event'
import { inlineStatements } from '../../../../src/shell/projection/inline-statements'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending, counter, newEvent } from '../../../support/tally'

type Event = Parameters<typeof counter.decider.evolve>[1]
type Pending = DecodedPendingEvent<Event>
type Projection = InlineProjection<Transaction<unknown>>

let database: MigratedDatabase<unknown>
let admin: Client
let opened: Kysely<unknown>[] = []
beforeAll(async () => {
  database = await migratedDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  await admin.query(`
    create table notes (stream_id text, version integer, note text,
      constraint notes_pkey primary key (stream_id, version) deferrable initially immediate)`)
})
afterEach(async () => {
  await Promise.all(opened.map((db) => db.destroy()))
  opened = []
})
afterAll(async () => {
  await admin.end()
  await database.close()
})

const projecting = (
  statements: (event: Pending) => ReadonlyArray<CompiledQuery>,
  name = 'notes',
): Projection =>
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it asks a transaction for nothing but this function
  inlineStatements({ name, events: counter.events, statements })

const NOTE = 'insert into notes (stream_id, version, note) values ($1, $2, $3)'
const note = ({ streamId, version, event }: Pending): CompiledQuery =>
  CompiledQuery.raw(NOTE, [streamId, version, `by ${event.by}`])
const noting = projecting((event) => [note(event)])
const raising = (code: string) =>
  CompiledQuery.raw(`do $$ begin raise exception 'lost' using errcode = '${code}'; end $$`)

/** A backend on one connection, and how many pieces were written to it. */
const watched = (
  inline: ReadonlyArray<Projection>,
  { preparing = 'prepared', max = 1 }: { preparing?: PreparedStatementsMode; max?: number } = {},
) => {
  let writes = 0
  const pool = new Pool({ connectionString: database.url, max })
  pool.on('connect', (client) => {
    const { stream } = (client as unknown as { connection: { stream: NodeJS.WritableStream } })
      .connection
    const write = stream.write.bind(stream) as (...args: ReadonlyArray<unknown>) => boolean
    Object.assign(stream, {
      write: (...args: ReadonlyArray<unknown>): boolean => {
        writes += 1
        return write(...args)
      },
    })
  })
  const db = connectPool(pool, preparing)
  opened.push(db)
  const { store } = postgres(db, { inline, wakeUps: 'poll' })
  /** How many writes a call takes. */
  const writesOf = async (call: () => Promise<unknown>): Promise<number> => {
    const before = writes
    await call()
    return writes - before
  }
  return { store, db, writesOf }
}

const expecting = (streamId: string, expectedVersion: number, events = 1): AppendRequest => ({
  ...appending(streamId, events),
  expectedVersion,
})

const notesOf = async (streamId: string): Promise<ReadonlyArray<string>> => {
  const text = 'select note from notes where stream_id = $1 order by version'
  const { rows } = await admin.query<{ note: string }>(text, [streamId])
  return rows.map((row) => row.note)
}
const versionOf = async (streamId: string): Promise<number> => {
  const text = 'select count(*)::integer as count from reprise.events where stream_id = $1'
  const { rows } = await admin.query<{ count: number }>(text, [streamId])
  return rows[0]?.count ?? 0
}
/** How many events and notes of a stream are stored. */
const storedOf = async (streamId: string) => [
  await versionOf(streamId),
  (await notesOf(streamId)).length,
]

const modes: ReadonlyArray<PreparedStatementsMode> = ['prepared', 'prepareAll', 'unprepared']

describe('an inline projection of statements', () => {
  it.each(modes)('is stored with the events, in one round trip each (%s)', async (preparing) => {
    const { store, writesOf } = watched([noting], { preparing })
    const streamId = `one-${preparing}`
    const writes: number[] = []
    for (let version = 0; version < 4; version++) {
      writes.push(
        await writesOf(async () => {
          const appended = await right(store.append(expecting(streamId, version)))
          expect(appended).toMatchObject({ version: version + 1 })
        }),
      )
    }
    expect(writes.slice(1)).toEqual([1, 1, 1])
    expect(await notesOf(streamId)).toEqual(['by 1', 'by 1', 'by 1', 'by 1'])
    expect(await versionOf(streamId)).toBe(4)
  })

  it('answers and stores as a projection with code does', async () => {
    const { store } = watched([noting])
    const several = { ...expecting('note-alike', 0, 3), expectedVersion: 'mustNotExist' as const }
    const { positions, recordedAt, version } = await right(store.append(several))
    const { events } = await right(store.read('note-alike', { after: 0, limit: 9 }))
    expect(events.map((one) => one.position)).toEqual(positions)
    expect(events.map((one) => one.recordedAt)).toEqual([recordedAt, recordedAt, recordedAt])
    expect(version).toBe(3)
    expect(await notesOf('note-alike')).toHaveLength(3)
  })

  it('is given where its events will be, decoded', async () => {
    const seen: Pending[] = []
    const seeing = projecting((event) => {
      seen.push(event)
      return []
    })
    const { store } = watched([seeing])
    await right(store.append(expecting('note-seen', 0)))
    const event = { ...newEvent('Added', { by: 7 }), metadata: { correlationId: 'c' } }
    await right(store.append({ ...expecting('note-seen', 1), events: [event] }))
    expect(seen.at(-1)).toEqual({
      id: event.id,
      streamId: 'note-seen',
      version: 2,
      metadata: { correlationId: 'c' },
      event: { type: 'Added', by: 7 },
    })
  })

  it('runs nothing when the append meets a conflict, the first time and later', async () => {
    const { store } = watched([noting])
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await left(store.append(expecting('note-conflict', 5)))
      expect(error).toMatchObject({ _tag: 'VersionConflict', actual: attempt === 0 ? 0 : attempt })
      await right(store.append(expecting('note-conflict', attempt)))
    }
    expect(await storedOf('note-conflict')).toEqual([3, 3])
  })

  it('runs once for a command that is sent twice', async () => {
    const { store } = watched([noting])
    const command = { commandId: randomUUID(), skip: 0, eventCount: 1 }
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await store.append({ ...expecting('note-twice', 0), commands: [command] })()
      if (attempt === 0) expect(answer).toMatchObject({ right: { version: 1 } })
      else expect(answer).toMatchObject({ left: { _tag: 'CommandAlreadyHandled' } })
    }
    expect(await storedOf('note-twice')).toEqual([1, 1])
  })

  const failing: ReadonlyArray<
    readonly [string, (event: Pending) => ReadonlyArray<CompiledQuery>]
  > = [
    ['fails on the server', () => [CompiledQuery.raw('select 1 / $1::integer', [0])]],
    ['is no SQL', () => [CompiledQuery.raw('selct 1')]],
    ['breaks a constraint', (event) => [note(event)]],
    [
      'throws',
      () => {
        throw new Error('a defect')
      },
    ],
  ]

  it.each(failing)(
    'undoes the append when one %s, and says whose it was',
    async (how, statements) => {
      const { store } = watched([noting, projecting(statements, 'failing')])
      for (let attempt = 0; attempt < 5; attempt++) {
        const error = await left(store.append(expecting(`note-failing ${how}`, 0)))
        expect(error).toMatchObject({ _tag: 'ProjectionFailed', projection: 'failing' })
      }
      expect(await storedOf(`note-failing ${how}`)).toEqual([0, 0])
    },
  )

  it.each(['40P01', '40001'])('can be tried again when one fails by %s', async (code) => {
    const { store } = watched([noting, projecting(() => [raising(code)])])
    expect(await left(store.append(expecting(`again-${code}`, 0)))).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'TransactionRefused',
      outcome: 'nothingWritten',
    })
    expect(await storedOf(`again-${code}`)).toEqual([0, 0])
  })

  it('undoes the append when the commit fails, and the connection goes on', async () => {
    const later = projecting((event) => [
      CompiledQuery.raw('set constraints all deferred'),
      note(event),
      note(event),
    ])
    const { store } = watched([later])
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await left(store.append(expecting('note-commit', 0)))
      expect(error).toMatchObject({ _tag: 'StoreFailed', outcome: 'nothingWritten' })
    }
    expect(await storedOf('note-commit')).toEqual([0, 0])
    expect(await right(store.read('note-commit', { after: 0, limit: 1 }))).toMatchObject({
      events: [],
    })
  })

  it('does not say that nothing was stored when the connection breaks, and the next one works', async () => {
    const { store } = watched([
      noting,
      projecting(({ version }) =>
        version === 1 ? [CompiledQuery.raw('select pg_terminate_backend(pg_backend_pid())')] : [],
      ),
    ])
    const error = await left(store.append(expecting('note-broken', 0)))
    expect(error).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'ConnectionLost',
      outcome: 'unknown',
    })
    expect(await storedOf('note-broken')).toEqual([0, 0])
    await right(watched([noting]).store.append(expecting('note-broken', 0)))
    await right(store.append(expecting('note-broken', 1)))
    expect(await storedOf('note-broken')).toEqual([2, 2])
  })

  it('gives up in time, and then does not know what became of the append', async () => {
    const pool = new Pool({ connectionString: database.url, max: 1 })
    const db = connectPool(pool)
    opened.push(db)
    await admin.query('select pg_advisory_lock(79)')
    const waiting = projecting(() => [CompiledQuery.raw('select pg_advisory_xact_lock(79)')])
    const { store } = postgres(db, { inline: [waiting], statementTimeout: 500, wakeUps: 'poll' })
    const error = await left(store.append(expecting('note-late', 0)))
    expect(error).toMatchObject({ _tag: 'StoreFailed', reason: 'TimedOut', outcome: 'unknown' })
    await admin.query('select pg_advisory_unlock(79)')
    await eventually(async () => (await versionOf('note-late')) === 1) // the server had it all
  })

  it.each([
    ['any version fits', { expectedVersion: 'any' as const }],
    ['the stream must only exist', { expectedVersion: 'mustExist' as const }],
  ])('runs in a transaction when %s', async (_when, wanted) => {
    const streamId = `code-${wanted.expectedVersion}`
    const { store } = watched([noting])
    await right(store.append(expecting(streamId, 0)))
    const again = { ...expecting(streamId, 1, 2), ...wanted }
    expect(await right(store.append(again))).toMatchObject({ version: 3 })
    expect(await storedOf(streamId)).toEqual([3, 3])
  })

  it('runs in a transaction beside a projection with code', async () => {
    const code: Projection = {
      name: 'code',
      project: (events, transaction) => async () => {
        for (const { streamId, version, position } of events) {
          const values = [`${streamId}-code`, version, String(position > 0)]
          await transaction.executeQuery(CompiledQuery.raw(NOTE, values))
        }
        return E.right(undefined)
      },
    }
    const { store } = watched([noting, code])
    await right(store.append(expecting('note-beside', 0, 2)))
    expect([await notesOf('note-beside'), await notesOf('note-beside-code')]).toEqual([
      ['by 1', 'by 1'],
      ['true', 'true'],
    ])
  })

  it("is rolled back with the caller's transaction", async () => {
    const { db } = watched([])
    const backend = postgres(db, { inline: [noting] })
    const rolledBack = db.transaction().execute(async (transaction) => {
      await right(backend.store.inTransaction(transaction).append(expecting('note-callers', 0)))
      throw new Error('changed my mind')
    })
    await expect(rolledBack).rejects.toThrow('changed my mind')
    expect(await storedOf('note-callers')).toEqual([0, 0])
  })

  it("works on a driver of the application's own, and with values that only the driver writes", async () => {
    const pool = new Pool({ connectionString: database.url, max: 1 })
    const foreign = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    opened.push(foreign)
    const dated = projecting(({ streamId, version }) => [
      CompiledQuery.raw('insert into notes values ($1, $2, $3::timestamptz::date::text)', [
        streamId,
        version,
        new Date('2026-11-28T12:00:00Z'),
      ]),
    ])
    await right(postgres(foreign, { inline: [noting] }).store.append(expecting('note-foreign', 0)))
    await right(watched([dated]).store.append(expecting('note-dated', 0)))
    expect([await notesOf('note-foreign'), await notesOf('note-dated')]).toEqual([
      ['by 1'],
      ['2026-11-28'],
    ])
  })

  it('passes on hostile values, nulls and lists as they are', async () => {
    const values = ['', 'é"\\{}', '😀', "'; drop table notes; --", null, ['a', null, '"\\']]
    const hostile = projecting(({ streamId }) =>
      values.map((value, index) => CompiledQuery.raw(NOTE, [streamId, index, value])),
    )
    const { store } = watched([hostile])
    await right(store.append(expecting('note-hostile', 0)))
    const { rows } = await admin.query<{ note: string | null }>(
      `select note from notes where stream_id = 'note-hostile' order by version`,
    )
    expect(rows.map((row) => row.note)).toEqual([...values.slice(0, 5), '{"a",null,"\\"\\\\"}'])
  })

  it.each(['', ' ; ', '-- nothing', '/* nothing */'])(
    'takes a text that is no statement: %j',
    async (text) => {
      const { store, db } = watched([projecting(() => [CompiledQuery.raw(text)]), noting])
      const streamId = `note-empty${text.length}`
      await right(store.append(expecting(streamId, 0)))
      await right(store.append(expecting(streamId, 1)))
      expect(await storedOf(streamId)).toEqual([2, 2])
      await db.executeQuery(CompiledQuery.raw('select 1')) // the connection goes on
    },
  )

  it.each(['copy notes from stdin', '/* a */ -- b\n copy notes from stdin'])(
    'fails, and stores nothing, for %j',
    async (text) => {
      const { store } = watched([noting, projecting(() => [CompiledQuery.raw(text)], 'copying')])
      for (let attempt = 0; attempt < 2; attempt++) {
        const error = await left(store.append(expecting('note-copied', 0)))
        expect(error).toMatchObject({ _tag: 'ProjectionFailed', projection: 'copying' })
      }
      expect(await storedOf('note-copied')).toEqual([0, 0])
    },
  )

  it.each([1, 49, 51, 300])(
    'takes %s statements of different texts, again and again',
    async (count) => {
      const many = projecting(({ streamId, version }) =>
        Array.from({ length: count }, (_, index) =>
          CompiledQuery.raw(`insert into notes /* ${index} of ${count} */ values ($1, $2, 'n')`, [
            streamId,
            version * 1_000 + index,
          ]),
        ),
      )
      const { store } = watched([many])
      for (let version = 0; version < 3; version++) {
        await right(store.append(expecting(`many-${count}`, version)))
      }
      expect(await storedOf(`many-${count}`)).toEqual([3, 3 * count])
    },
  )

  it('stores what each of many writers has appended, and no note of one that lost', async () => {
    const { store } = watched([noting], { max: 5 })
    const writer = async (): Promise<number> => {
      let stored = 0
      for (let attempt = 0; attempt < 40; attempt++) {
        const version = await versionOf('note-raced')
        const answer = await store.append(expecting('note-raced', version))()
        if (E.isRight(answer)) stored += 1
        else expect(answer.left._tag).toBe('VersionConflict')
      }
      return stored
    }
    const stored = await Promise.all([writer(), writer(), writer(), writer(), writer()])
    const total = stored.reduce((sum, one) => sum + one, 0)
    expect(await storedOf('note-raced')).toEqual([total, total])
    expect(total).toBeGreaterThan(0)
  })

  it('that is overtaken while it is stored is decided by what is there', async () => {
    await admin.query(`select pg_advisory_lock(78)`)
    await admin.query(`
      create function wait_for_78() returns trigger language plpgsql as $$
      begin
        if new.stream_id = 'note-line' then perform pg_advisory_xact_lock_shared(78); end if;
        return new;
      end $$;
      create trigger line before insert on reprise.events for each row execute function wait_for_78()`)
    const { store } = watched([noting], { max: 2 })
    const both = [1, 2].map(() => store.append(expecting('note-line', 0))())
    await eventually(async () => {
      const { rows } = await admin.query('select from pg_locks where objid = 78 and not granted')
      return rows.length === 2
    })
    await admin.query(`select pg_advisory_unlock(78)`)
    const answers = await Promise.all(both)
    await admin.query(`drop trigger line on reprise.events`)
    expect(answers.filter(E.isRight)).toHaveLength(1)
    expect(answers.find(E.isLeft)).toMatchObject({ left: { _tag: 'VersionConflict', actual: 1 } })
    expect(await storedOf('note-line')).toEqual([1, 1])
  })
})

it('a projection that answers a Left for its statements is run with code, which says what is wrong', async () => {
  const refusing: Projection = {
    name: 'refusing',
    project: () => TE.left('the name is taken'),
    statements: () => E.left('the name is taken'),
  }
  const error = await left(watched([refusing]).store.append(expecting('note-refused', 0)))
  expect(error).toMatchObject({ _tag: 'ProjectionFailed', projection: 'refusing' })
  expect(await versionOf('note-refused')).toBe(0)
})
