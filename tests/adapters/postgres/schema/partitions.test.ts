import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import * as TE from 'fp-ts/TaskEither'
import { fromStart, runSubscription } from 'reprise'
import {
  partitionEvents,
  type Partitioning,
} from '../../../../src/adapters/postgres/schema/partitioning'
import { verifyStore } from '../../../../src/shell/transfer/verify-store'
import { eventually } from '../../../support/eventually'
import { postgresReadSide, type PostgresReadSide } from '../../../support/postgres-read-side'
import { left, right } from '../../../support/right'
import { appendTicks, tick, ticks } from '../../../support/ticks'
import { startWorker } from '../../../support/workers'

/** How often a process is killed in the middle: 20 with `npm run test:partitions`. */
const KILLS = Number(process.env['REPRISE_KILLS'] ?? 2)

let side: PostgresReadSide
let client: Client
beforeEach(async () => {
  side = await postgresReadSide()
  client = new Client({ connectionString: side.url })
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await side.close()
})

const move = (options: Partial<Partitioning> = {}) =>
  partitionEvents(side.db)({ partitions: 4, ...options })
const rows = async <Row extends object>(statement: string): Promise<ReadonlyArray<Row>> =>
  (await client.query<Row>(statement)).rows
const one = async <Value>(expression: string): Promise<Value | undefined> =>
  (await rows<{ value: Value }>(`select ${expression} as value`))[0]?.value
const partitionCount = () =>
  one<number>(
    `(select count(*)::integer from pg_inherits where inhparent = 'reprise.events'::regclass)`,
  )
const count = (what: string) => one<number>(`(select count(*)::integer from ${what})`)
/** Of everything that the events are, in their order. */
const contents = (upTo = 1e9) =>
  one<string>(`(select md5(string_agg(e::text, '|' order by e.position))
    from (select position, stream_id, version, id, type, schema_version, recorded_at, data, metadata
          from reprise.events where position <= ${upTo}) e)`)
const defects = async () => (await right(verifyStore({})(side))).defects
const finding = async () =>
  (await right(side.operator.examine())).find(({ check }) => check === 'partitions')

/** A tablespace of the server, with the events in it. */
const inTablespace = async (): Promise<string> => {
  const name = `space_${randomUUID().slice(0, 8)}`
  await client.query('set allow_in_place_tablespaces = on')
  await client.query(`create tablespace ${name} location ''`)
  await client.query(`alter table reprise.events set tablespace ${name}`)
  return name
}

/** Moves all events, and stops before the partitions take the place of the one table. */
const moveHalf = async (): Promise<void> => {
  const stop = new AbortController()
  const onProgress = () => {
    stop.abort()
  }
  expect(await right(move({ signal: stop.signal, onProgress }))).toMatchObject({
    outcome: 'stopped',
  })
}

/** Keeps appending to some streams until it is told to stop. Answers how many events each has. */
const writers = (streams: ReadonlyArray<string>) => {
  let running = true
  const written = streams.map(async (streamId) => {
    let version = 0
    while (running) {
      const events = [tick(version), tick(version + 1)]
      await right(side.store.append({ streamId, expectedVersion: version, events, commands: [] }))
      version += events.length
    }
    return version
  })
  return () => {
    running = false
    return Promise.all(written)
  }
}

describe('events in partitions', () => {
  it('are those of a new store, which a later migration leaves as they are', async () => {
    expect(await right(move())).toEqual({ partitions: 4, outcome: 'moved' })
    expect(await right(side.migrate)).toMatchObject({ applied: [] })
    expect(await right(move())).toEqual({ partitions: 4, outcome: 'before' })
    expect(await partitionCount()).toBe(4)
    for (let n = 0; n < 20; n++) await appendTicks(side.store, `tick-${n}`, 1, 2, 3)
    const used = await rows('select distinct tableoid from reprise.events')
    expect(used.length).toBeGreaterThan(1)
    expect(await defects()).toEqual([])
    expect(await finding()).toMatchObject({ level: 'ok', message: 'events are in 4 partitions' })
  })

  it('refuse a version that is taken, and a change, as those in one table do', async () => {
    await right(move())
    const append = { streamId: 'tick-a', expectedVersion: 0, events: [tick(1)], commands: [] }
    await right(side.store.append(append))
    expect(await left(side.store.append(append))).toMatchObject({ _tag: 'VersionConflict' })
    const racing = await Promise.all(
      Array.from({ length: 8 }, () => side.store.append({ ...append, expectedVersion: 1 })()),
    )
    expect(racing.filter(({ _tag }) => _tag === 'Right')).toHaveLength(1)
    for (const table of ['events', 'events_p0', 'events_p1', 'events_p2', 'events_p3']) {
      await expect(client.query(`truncate reprise.${table}`)).rejects.toMatchObject({
        code: '23001',
      })
    }
    await expect(client.query('delete from reprise.events')).rejects.toMatchObject({
      code: '23001',
    })
  })

  it('take no event behind a sequence that was set back, and none below foreign rows for longer than a second', async () => {
    await right(move())
    for (let n = 0; n < 4; n++) await appendTicks(side.store, `tick-${n}`, 1, 2)
    const behind = { _tag: 'StoreFailed', reason: 'SequenceBehind', outcome: 'nothingWritten' }
    const append = (streamId: string) =>
      side.store.append({ streamId, expectedVersion: 'any', events: [tick(1)], commands: [] })
    const read = side.store.readAll({ after: 100, limit: 9 })
    await right(read)
    const refusedSoon = async (task: TE.TaskEither<unknown, unknown>): Promise<void> => {
      const refused = await eventually(async () => {
        const answer = await task()
        return answer._tag === 'Left' && answer.left
      })
      expect(refused).toMatchObject(behind)
    }

    await client.query('alter sequence reprise.events_position_seq restart')
    expect(await left(append('tick-0'))).toMatchObject(behind)
    expect(await left(read)).toMatchObject(behind)
    expect(await count('reprise.events')).toBe(8)
    await client.query(`select setval('reprise.events_position_seq', 8)`)
    await right(append('tick-0'))
    expect((await right(read)).highest).toBe(9)

    await client.query(`insert into reprise.events overriding system value
      select 50000, 'tick-foreign', 1, gen_random_uuid(), 'Ticked', 1, now(), '{}', '{}'`)
    // Each session learns of them within a second of its own: what the first one says counts.
    await refusedSoon(append('tick-1'))
    await refusedSoon(read)
  }, 60_000)

  it('can be closed, archived, truncated and erased', async () => {
    await right(move())
    const by = { by: 'test', why: 'test' }
    for (const id of ['tick-a', 'tick-b', 'tick-c']) await appendTicks(side.store, id, 1, 2, 3)
    await right(side.operator.closeStream({ streamId: 'tick-a', ...by }))
    const [archived] = await right(
      side.operator.archive({ streams: ['tick-a'], tagged: 'refuse', ...by }),
    )
    expect(archived).toMatchObject({ right: { events: 3 } })
    const summary = tick(3)
    await right(side.operator.truncateStream({ streamId: 'tick-b', upTo: 2, summary, ...by }))
    await right(side.operator.erase({ streamId: 'tick-c', ...by }))
    const read = (streamId: string) => right(side.store.read(streamId, { after: 0, limit: 9 }))
    expect((await read('tick-a')).events).toHaveLength(3)
    expect((await read('tick-b')).events.map(({ version }) => version)).toEqual([2, 3])
    expect(await left(side.store.version('tick-c'))).toMatchObject({ _tag: 'StreamErased' })
    expect(await defects()).toEqual([])
  })
})

describe('a move of events to partitions', () => {
  it('loses, doubles and reorders nothing while others write and follow', async () => {
    const before = (await appendTicks(side.store, 'tick-old', ...Array(300).keys())).at(-1) ?? 0
    const was = await contents(before)
    const stop = new AbortController()
    const handled: Array<{ position: number; place: string }> = []
    const following = runSubscription({
      name: 'mails',
      from: fromStart,
      events: ticks,
      handle: ({ position, streamId, version }) => {
        handled.push({ position, place: `${streamId}:${version}` })
        return TE.right(undefined)
      },
    })(side, { signal: stop.signal })()
    const stopWriting = writers(Array.from({ length: 6 }, (_, n) => `tick-w${n}`))
    await eventually(() => handled.length > 350)
    const done = await right(move({ mostInBatch: 50 }))
    expect(done).toEqual({ partitions: 4, outcome: 'moved' })
    const atTheSwitch = handled.length
    await eventually(() => handled.length > atTheSwitch + 100)
    const versions = await stopWriting()
    const total = 300 + versions.reduce((sum, version) => sum + version, 0)
    await eventually(() => handled.length >= total)
    stop.abort()
    await following

    expect(await contents(before)).toBe(was)
    expect(await count('reprise.events')).toBe(total)
    const stored = await rows<{ place: string }>(
      `select stream_id || ':' || version as place from reprise.events order by position`,
    )
    expect(handled.map(({ place }) => place)).toEqual(stored.map(({ place }) => place))
    const positions = handled.map(({ position }) => position)
    expect(positions).toEqual([...positions].sort((a, b) => a - b))
    expect(await defects()).toEqual([])
    expect(await partitionCount()).toBe(4)
  }, 120_000)

  it('is one move when two processes make it', async () => {
    await appendTicks(side.store, 'tick-a', ...Array(500).keys())
    const was = await contents()
    const both = await Promise.all([
      right(move({ mostInBatch: 50 })),
      right(move({ mostInBatch: 50 })),
    ])
    expect(both.map(({ partitions }) => partitions)).toEqual([4, 4])
    expect(await contents()).toBe(was)
    expect(await defects()).toEqual([])
  })

  it('lets those go on who have waited at the switch', async () => {
    await appendTicks(side.store, 'tick-a', 1, 2, 3)
    await client.query(`do $$ begin
      execute replace(pg_get_functiondef('reprise.finish_partitioning'::regproc), '200ms', '20s'); end $$`)
    await client.query('begin; select from reprise.events limit 1')
    const watcher = new Client({ connectionString: side.url })
    await watcher.connect()
    const waiting = (atLeast: number) =>
      eventually(async () => {
        const found = await watcher.query(
          `select from pg_locks where relation = 'reprise.events'::regclass and not granted`,
        )
        return (found.rowCount ?? 0) >= atLeast
      })
    const moving = right(move())
    await waiting(1)
    const append = () => ({ expectedVersion: 'any', events: [tick(1)], commands: [] }) as const
    const page = right(side.store.readAll({ after: 0, limit: 9 }))
    const together = right(
      side.store.appendTogether({
        streams: ['tick-a', 'tick-b'].map((streamId) => ({ ...append(), streamId })),
      }),
    )
    await waiting(3)
    await client.query('commit')
    expect(await moving).toMatchObject({ outcome: 'moved' })
    expect((await page).events.length).toBeGreaterThanOrEqual(3)
    expect((await together).streams).toHaveLength(2)
    await watcher.end()
    expect(await count('reprise.events')).toBe(5)
    expect(await defects()).toEqual([])
  })

  it.each([0, 1, 65, 2.5, NaN])('rejects %d partitions', async (partitions) => {
    expect(await left(move({ partitions }))).toMatchObject({
      _tag: 'InvalidOperation',
      argument: 'number of partitions',
    })
    expect(await count('reprise.partitioning')).toBe(0)
  })

  it('rejects another number than it has begun with, and than there are', async () => {
    await moveHalf()
    const refused = { _tag: 'InvalidOperation', reason: expect.stringContaining('is 4') as string }
    expect(await left(move({ partitions: 8 }))).toMatchObject(refused)
    await right(move())
    expect(await left(move({ partitions: 8 }))).toMatchObject(refused)
  })

  it('refuses to archive, truncate and erase until it is done, and says so in doctor', async () => {
    const by = { by: 'test', why: 'test' }
    for (const id of ['tick-a', 'tick-b']) await appendTicks(side.store, id, 1, 2, 3)
    await moveHalf()
    const refused = { _tag: 'StoreFailed', reason: 'EventsMoving', outcome: 'nothingWritten' }
    await right(side.operator.closeStream({ streamId: 'tick-a', ...by }))
    const archiving = { streams: ['tick-a'], tagged: 'refuse', ...by } as const
    expect(await left(side.operator.archive(archiving))).toMatchObject(refused)
    const summary = tick(3)
    const truncating = { streamId: 'tick-b', upTo: 2, summary, ...by }
    expect(await left(side.operator.truncateStream(truncating))).toMatchObject(refused)
    expect(await left(side.operator.erase({ streamId: 'tick-b', ...by }))).toMatchObject(refused)
    expect(await finding()).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('a move of the events to 4 partitions') as string,
    })
    await right(move())
    expect(await right(side.operator.archive(archiving))).toMatchObject([{ right: { events: 3 } }])
    await right(side.operator.truncateStream(truncating))
    await right(side.operator.erase({ streamId: 'tick-b', ...by }))
    expect(await defects()).toEqual([])
  })

  it('takes along rights, triggers, views, indexes and the sequence', async () => {
    const role = `reader_${randomUUID().slice(0, 8)}`
    await client.query(`
      create role ${role};
      grant select on reprise.events to ${role};
      grant insert (stream_id, version) on reprise.events to ${role} with grant option;
      create view public.ticked with (security_barrier = true) as select stream_id from reprise.events where type = 'Ticked';
      grant select on public.ticked to ${role};
      create index "by type" on reprise.events (type) where version > 1;
      create function public.note() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger "my note" after insert on reprise.events for each row when (new.version > 5) execute function public.note();
      alter table reprise.events disable trigger "my note";
      comment on table reprise.events is 'it''s ours';
      comment on column reprise.events.stream_id is 'whose'`)
    await appendTicks(side.store, 'tick-a', 1, 2, 3)
    const described = async () => [
      await rows(
        `select a.privilege_type, a.is_grantable from pg_class c, aclexplode(c.relacl) a
         where c.oid = 'reprise.events'::regclass and a.grantee = '${role}'::regrole`,
      ),
      await rows(
        `select t.attname, a.privilege_type, a.is_grantable from pg_attribute t, aclexplode(t.attacl) a
         where t.attrelid = 'reprise.events'::regclass order by 1, 2`,
      ),
      await rows(
        `select tgname, tgenabled from pg_trigger where tgrelid = 'reprise.events'::regclass and not tgisinternal order by 1`,
      ),
      await rows(
        `select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
         where i.indrelid = 'reprise.events'::regclass and c.relname <> 'events_position_key' order by 1`,
      ),
      await rows(
        `select attname, atttypid, attnotnull, attcollation from pg_attribute
         where attrelid = 'reprise.events'::regclass and attnum > 0 order by attnum`,
      ),
      await rows(`select reloptions, relacl::text from pg_class where relname = 'ticked'`),
      await rows(`select 'reprise.events_position_seq'::regclass::oid`),
      await rows(
        `select obj_description('reprise.events'::regclass), col_description('reprise.events'::regclass, 2)`,
      ),
    ]
    const before = await described()
    await right(move())
    expect(await described()).toEqual(before)
    expect(await count('public.ticked')).toBe(3)
    await appendTicks(side.store, 'tick-a', 1)
    expect(await count('public.ticked')).toBe(4)
    expect(await one(`pg_get_serial_sequence('reprise.events', 'position')`)).toBe(
      'reprise.events_position_seq',
    )
    await client.query(`drop owned by ${role}; drop role ${role}`)
  })

  it('takes along the tablespace, storage parameters and what statistics are kept, in each partition', async () => {
    const space = await inTablespace()
    await client.query(`
      alter table reprise.events add column note text;
      alter table reprise.events alter column note set statistics 0, alter column note set (n_distinct = 1);
      alter table reprise.events drop column note;
      alter table reprise.events set (autovacuum_analyze_scale_factor = 0.02, toast.autovacuum_enabled = false, fillfactor = 90);
      alter table reprise.events alter column data set statistics 0, alter column "stream_id" set (n_distinct = -0.1)`)
    const described = () =>
      rows<object>(`
        select (select spcname from pg_tablespace t where t.oid = c.reltablespace) as tablespace, c.reloptions,
               (select t.reloptions from pg_class t where t.oid = c.reltoastrelid) as toast,
               (select jsonb_object_agg(a.attname, jsonb_build_array(nullif(a.attstattarget, -1), a.attoptions))
                  from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
          from pg_class c
          where c.oid in (select i.inhrelid from pg_inherits i where i.inhparent = 'reprise.events'::regclass)
            or c.oid = 'reprise.events'::regclass
          order by c.relkind desc`)
    const [before] = await described()
    await appendTicks(side.store, 'tick-a', 1, 2, 3)
    await right(move())
    const whole = { ...before, reloptions: null, toast: null }
    expect(await described()).toEqual([before, before, before, before, whole])
    expect(
      await rows(
        `select distinct c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
         where i.indrelid in (select inhrelid from pg_inherits where inhparent = 'reprise.events'::regclass)
           and c.reltablespace = 0`,
      ),
    ).toEqual([])
    await appendTicks(side.store, 'tick-a', 4)
    await client.query(`drop schema reprise cascade`)
    await client.query(`drop tablespace ${space}`)
  })

  it.each([
    [
      'a foreign key',
      'create table public.notes (position bigint references reprise.events (position))',
    ],
    ['a policy', 'create policy all_of_it on reprise.events using (true)'],
    ['a publication', 'create publication events_out for table reprise.events'],
    ['a materialized view', 'create materialized view public.kept as select * from reprise.events'],
    ['a unique index', 'create unique index ids on reprise.events (id)'],
  ])('names %s that it cannot take along, and begins nothing', async (what, statement) => {
    await client.query(statement)
    expect(await left(move())).toMatchObject({
      _tag: 'InvalidOperation',
      reason: expect.stringContaining(`the ${what.replace(/^an? /, '')} `) as string,
    })
    expect(await one(`to_regclass('reprise.events_moving')`)).toBeNull()
  })

  it('names a tablespace in which the role may create nothing, and begins nothing', async () => {
    const name = await inTablespace()
    await client.query(`
      create role ${name};
      grant usage on schema reprise to ${name};
      grant all on all tables in schema reprise to ${name};
      set role ${name}`)
    const [begun] = await rows<object>(
      `select outcome, blocking from reprise.begin_partitioning(4)`,
    )
    expect(begun).toEqual({
      outcome: 'blocked',
      blocking: [`the tablespace ${name}, in which ${name} may create nothing`],
    })
    await client.query(
      `reset role; drop schema reprise cascade; drop owned by ${name}; drop role ${name}`,
    )
    await client.query(`drop tablespace ${name}`)
  })

  it('waits for transactions that have written, and begins when they have ended', async () => {
    await client.query('begin')
    await client.query(`insert into reprise.events
      (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
      values ('tick-open', 1, gen_random_uuid(), 'Ticked', 1, now(), '{"by": 1}', '{}')`)
    expect(await left(move({ patience: 300 }))).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'TimedOut',
    })
    await client.query('commit')
    await right(move())
    expect(await count('reprise.events')).toBe(1)
  })

  it('waits at its end for a snapshot in which the copy is not whole', async () => {
    await appendTicks(side.store, 'tick-a', 1, 2, 3)
    await client.query('begin isolation level repeatable read; select 1')
    const refused = await left(move({ patience: 300 }))
    expect(refused).toMatchObject({ _tag: 'StoreFailed', reason: 'TimedOut' })
    expect(refused.message).toContain('transactions that are older')
    expect(await count('reprise.events')).toBe(3)
    await client.query('commit')
    expect(await right(move())).toMatchObject({ outcome: 'moved' })
    expect(await count('reprise.events')).toBe(3)
  })

  it(
    'is right after every kill of a process in the middle, and is gone on with by the next',
    async () => {
      const seeded = 600 * (KILLS + 1)
      for (let n = 0; n < seeded; n += 300) {
        await appendTicks(side.store, `tick-${n}`, ...Array(300).keys())
      }
      const was = await contents(seeded)
      await client.query(`
        create function public.slow() returns trigger language plpgsql as $$
        begin perform pg_sleep(0.03); return new; end $$;
        create trigger slow before update on reprise.partitioning for each row execute function public.slow()`)
      const reached = () => one<string>(`(select moved_to from reprise.partitioning)`)
      const sessions = `pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
        and (query like '%move_events%' or query like '%_partitioning(%')`
      for (let round = 0; round < KILLS; round++) {
        const before = Number((await reached()) ?? 0)
        const worker = startWorker('adapters/postgres/schema/partitions.worker.ts', side.url)
        await eventually(async () => Number((await reached()) ?? 0) > before)
        await worker.kill()
        // The server is told, too: it rolls back. Otherwise it carries out what the process has asked for.
        if (round % 2 === 0) await client.query(`select pg_terminate_backend(pid) from ${sessions}`)
        await eventually(async () => (await count(sessions)) === 0)
        const moved = Number(await reached())
        expect(moved).toBeLessThan(seeded) // it was in the middle
        expect(await count(`reprise.events_moving where position <= ${moved}`)).toBe(moved)
        await appendTicks(side.store, `tick-new-${round}`, 1, 2)
        expect(await count('reprise.events')).toBe(seeded + 2 * (round + 1))
        expect(await defects()).toEqual([])
      }
      await client.query('drop trigger slow on reprise.partitioning')
      // The last kill is at the end, where it waits for a reader.
      await client.query('begin; select from reprise.events limit 1')
      const waiting = new Client({ connectionString: side.url })
      await waiting.connect()
      const worker = startWorker('adapters/postgres/schema/partitions.worker.ts', side.url)
      await eventually(
        async () =>
          (await waiting.query(`select from ${sessions} and query like '%finish%'`)).rowCount === 1,
      )
      await worker.kill()
      await waiting.end()
      await client.query('commit')
      await eventually(async () => (await count(sessions)) === 0)

      await right(move())
      expect(await partitionCount()).toBe(4)
      expect(await contents(seeded)).toBe(was)
      expect(await count('reprise.events')).toBe(seeded + 2 * KILLS)
      expect(await defects()).toEqual([])
    },
    60_000 + KILLS * 20_000,
  )
})
