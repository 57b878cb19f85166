import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type Kysely, sql } from 'kysely'
import { parkAfter, rebuildProjection, rollBackProjection, runProjection } from 'reprise'
import { type PostgresBackend, tableProjection, tableReader } from 'reprise/postgres'
import type { ProjectionNotice } from '../../src/shell/projection/environment'
import { eventually } from '../support/eventually'
import { left, right } from '../support/right'
import { running } from '../support/running'
import {
  addTo,
  counts,
  type CountTables,
  createSums,
  run,
  sums,
  type SumTables,
} from '../support/sums'
import { appendTicks, type Tick, ticks } from '../support/ticks'

/** Two programs, of two releases, on one database. */
export interface TwoReleases {
  readonly older: PostgresBackend<SumTables>
  readonly newer: PostgresBackend<CountTables>
  /** Where the library's own tables are. */
  readonly schema: string
  readonly close: () => Promise<void>
}

const options = { leaseDuration: 1_000, maxPollInterval: 20, batchSize: 7 }
const DAY = 86_400_000

/** Read models in tables of the application's own. */
export const ownTablesSuite = (open: () => Promise<TwoReleases>): void => {
  let older: PostgresBackend<SumTables>
  let newer: PostgresBackend<CountTables>
  let close: () => Promise<void>
  let schema: string
  let views: string
  let started: Array<{ readonly stop: () => Promise<unknown> }>
  beforeEach(async () => {
    ;({ older, newer, schema, close } = await open())
    views = `views of "sums" ${Math.random()}`
    started = []
  })
  afterEach(async () => {
    await Promise.all(started.map(({ stop }) => stop()))
    await close()
  })

  const start = (projection = sums(), notices: ProjectionNotice[] = []) => {
    const onNotice = (notice: ProjectionNotice) => void notices.push(notice)
    const program = running((signal) =>
      runProjection(projection, options)(older, { signal, onNotice }),
    )
    started.push(program)
    return program
  }
  const startNewer = (projection = counts(), keepOldBuild = DAY) => {
    const program = running((signal) =>
      runProjection(projection, { ...options, keepOldBuild })(newer, { signal }),
    )
    started.push(program)
    return program
  }
  const reader = (projection = sums()) => tableReader(projection)(older)
  const readSums = (projection = sums()) =>
    reader(projection).read((db) => db.selectFrom('sums').selectAll().orderBy('stream').execute())
  const readCounts = (projection = counts()) =>
    tableReader(projection)(newer).read((db) =>
      db.selectFrom('sums').selectAll().orderBy('stream').execute(),
    )
  const viewed = async <Row>(
    db: Kysely<Row> | Kysely<SumTables> | Kysely<CountTables>,
    table = 'sums',
  ) => (await sql<object>`select * from ${sql.id(views, table)}`.execute(db)).rows
  const places = async () =>
    (
      await sql<{ readonly place: string }>`select nspname as place from pg_namespace
        where nspname like ${`${schema}:%`} order by 1`.execute(older.db)
    ).rows.map(({ place }) => place.replace(/^.*:/, ''))
  const statesOf = async () =>
    (await right(older.documents.builds('sums'))).map(
      ({ version, build, state }) => `${version}.${build} ${state}`,
    )
  const built = async (projection = sums()) => {
    const program = start(projection)
    const positions = await appendTicks(older.store, 'tick-1', 1, 2, 3)
    const last = positions.at(-1) ?? 0
    await right(reader(projection).until(last, 20_000))
    await program.stop()
    return last
  }

  it('gives each event its effect exactly once, whatever fails on the way', async () => {
    const steps = Array.from({ length: 40 }, (_, index) => index)
    await appendTicks(older.store, 'tick-1', ...steps)
    const last = (await appendTicks(older.store, 'tick-2', ...steps)).at(-1)!
    const failed = new Set<number>()
    let effects = 0
    const flaky = tableProjection<SumTables, Tick>({
      name: 'sums',
      version: 1,
      events: ticks,
      tables: createSums,
      handle:
        ({ event, streamId, position }, transaction) =>
        async () => {
          const by = event.type === 'Ticked' ? event.by : 0
          const done = await addTo(transaction, streamId, position, by)()
          effects++
          if (by % 5 !== 3 || failed.has(position)) return done
          failed.add(position)
          return E.left('after its effect')
        },
    })
    start(flaky)
    await right(reader(flaky).until(last, 30_000))
    await eventually(async () => {
      const found = await right(readSums(flaky))
      return found.reduce((all, { events }) => all + events, 0) >= 80
    })
    const sum = (40 * 39) / 2
    expect(await right(readSums(flaky))).toEqual([
      { stream: 'tick-1', sum, events: 40 },
      { stream: 'tick-2', sum, events: 40 },
    ])
    expect(failed.size).toBe(16)
    expect(effects).toBeGreaterThan(80)
  })

  it('builds a new version beside the old one, in tables of its own, and switches in one step', async () => {
    await built(sums(views))
    expect(await left(readCounts())).toMatchObject({
      _tag: 'ProjectionNotBuilt',
      declared: 2,
      active: 1,
    })
    await sql`grant select on ${sql.id(views, 'sums')} to public`.execute(older.db)
    expect(await viewed(older.db)).toEqual([{ stream: 'tick-1', sum: 6, events: 3 }])
    expect(await viewed(older.db, 'steps')).toHaveLength(3)
    start(sums(views))
    startNewer(counts(views))
    const [next] = await appendTicks(older.store, 'tick-2', 5)
    await right(tableReader(counts(views))(newer).until(next ?? 0, 20_000))
    await right(reader().until(next ?? 0, 20_000))
    expect(await statesOf()).toEqual(['1.1 kept', '2.1 active'])
    expect(await right(readSums())).toEqual([
      { stream: 'tick-1', sum: 6, events: 3 },
      { stream: 'tick-2', sum: 5, events: 1 },
    ])
    const counted = [
      { stream: 'tick-1', events: 3 },
      { stream: 'tick-2', events: 1 },
    ]
    expect(await right(readCounts())).toEqual(counted)
    expect(await viewed(newer.db)).toEqual(counted)
    await expect(viewed(newer.db, 'steps')).rejects.toMatchObject({ code: '42P01' })
    const { rows } = await sql<{ readonly granted: boolean }>`
      select has_table_privilege('public', ${`"${views.replaceAll('"', '""')}".sums`}, 'select') as granted`.execute(
      newer.db,
    )
    expect(rows).toEqual([{ granted: true }])
  })

  it('goes back to the old build, which the older release brings up to date, and drops the other tables', async () => {
    await built(sums(views))
    const program = startNewer(counts(views))
    await eventually(async () => (await statesOf()).includes('2.1 active'))
    expect(await places()).toEqual(['sums@1.1', 'sums@2.1'])
    const { from, to } = await right(rollBackProjection('sums')(older))
    expect([from.collection, to.collection]).toEqual(['sums@2.1', 'sums@1.1'])
    expect(await viewed(older.db)).toEqual([{ stream: 'tick-1', sum: 6, events: 3 }])
    expect(await viewed(older.db, 'steps')).toHaveLength(3)
    expect(await program.ended).toMatchObject(E.left({ _tag: 'ProjectionRolledBack' }))
    start(sums(views))
    const [next] = await appendTicks(older.store, 'tick-1', 4)
    await right(reader().until(next ?? 0, 20_000))
    expect(await viewed(older.db)).toEqual([{ stream: 'tick-1', sum: 10, events: 4 }])
    await right(older.documents.sweep('sums', 1_000))
    expect(await places()).toEqual(['sums@1.1'])
    expect(await left(readCounts())).toMatchObject({ _tag: 'ProjectionNotBuilt', active: 1 })
  })

  it('rebuilds the same version, and drops the old tables when their time is over', async () => {
    const last = await built()
    const target: number[] = []
    const rebuilt = rebuildProjection(sums(), { ...options, keepOldBuild: 0 })(older, {
      onNotice: (notice) => {
        if (notice._tag === 'BuildProgress') target.push(notice.target)
      },
    })
    expect(await right(rebuilt)).toEqual({ version: 1, build: 2, collection: 'sums@1.2' })
    expect(target).toContain(last)
    expect(await places()).toEqual(['sums@1.2'])
    expect(await right(readSums())).toEqual([{ stream: 'tick-1', sum: 6, events: 3 }])
  })

  it('does not show a build with a hole, and deletes it with its last process', async () => {
    await built(sums(views))
    const holed = tableProjection<SumTables, Tick>({
      ...sums(views, 2),
      tables: createSums,
      views,
      handle: ({ event, streamId, position }, transaction) =>
        event.type === 'Ticked' && event.by === 2
          ? TE.left('unlucky')
          : addTo(transaction, streamId, position, 1),
    })
    const notices: ProjectionNotice[] = []
    const program = running((signal) =>
      runProjection(holed, { ...options, poison: parkAfter(1) })(older, {
        signal,
        onNotice: (notice) => void notices.push(notice),
      }),
    )
    await eventually(() => notices.some(({ _tag }) => _tag === 'BuildHeldBack'))
    expect(await statesOf()).toEqual(['1.1 active', '2.1 building'])
    expect(await viewed(older.db)).toEqual([{ stream: 'tick-1', sum: 6, events: 3 }])
    await program.stop()
    expect(await statesOf()).toEqual(['1.1 active'])
    expect(await places()).toEqual(['sums@1.1'])
  })

  it('hands over whole batches, and finds the event that makes one fail', async () => {
    const batches: number[] = []
    const steps = Array.from({ length: 20 }, (_, index) => index)
    await appendTicks(older.store, 'tick-1', ...steps)
    const last = (await appendTicks(older.store, 'tick-2', ...steps)).at(-1)!
    const batched = tableProjection<SumTables, Tick>({
      name: 'sums',
      version: 1,
      events: ticks,
      tables: createSums,
      handleBatch: (events, transaction) =>
        run(async () => {
          batches.push(events.length)
          for (const { event, streamId, position } of events) {
            const by = event.type === 'Ticked' ? event.by : 0
            await addTo(transaction, streamId, position, by)()
            if (by === 11 && streamId === 'tick-1') throw new Error('unlucky')
          }
        }),
    })
    const program = running((signal) =>
      runProjection(batched, { ...options, poison: parkAfter(1) })(older, { signal }),
    )
    started.push(program)
    await eventually(async () => (await right(older.subscriptions.reached('sums@1.1'))) === last)
    expect(Math.max(...batches)).toBe(7)
    const held = await right(older.operator.heldEvents('sums@1.1', { after: 0, limit: 10 }))
    expect(held.events.map(({ streamId, version }) => `${streamId} ${version}`)).toEqual([
      'tick-1 12',
    ])
    expect(await right(readSums(batched))).toEqual([
      { stream: 'tick-1', sum: 55, events: 11 },
      { stream: 'tick-2', sum: 190, events: 20 },
    ])
  })

  it('creates the tables once when several processes begin at once', async () => {
    const positions = await appendTicks(older.store, 'tick-1', 1, 2, 3)
    const programs = [start(), start(), start()]
    await right(reader().until(positions.at(-1) ?? 0, 20_000))
    expect(await places()).toEqual(['sums@1.1'])
    expect(await right(readSums())).toEqual([{ stream: 'tick-1', sum: 6, events: 3 }])
    for (const { stop } of programs) expect(await stop()).toEqual(E.right(undefined))
  })

  it.each([
    ['answers a Left', () => TE.left('unlucky'), 'unlucky'],
    [
      'throws',
      () => {
        throw new Error('thrown')
      },
      'thrown',
    ],
    [
      'creates another table',
      (db: Kysely<SumTables>) => run(() => sql`create table other (n integer)`.execute(db)),
      'it has not created sums',
    ],
  ] as const)('leaves nothing behind when what creates a table %s', async (_what, create, why) => {
    const wrong = tableProjection<SumTables, Tick>({
      ...sums(),
      tables: { sums: create },
      handle: () => TE.right(undefined),
    })
    const ended = await start(wrong).ended
    expect(ended).toMatchObject(E.left({ _tag: 'TablesNotCreated', projection: 'sums', build: 1 }))
    if (E.isLeft(ended)) expect(ended.left.message).toContain(why)
    expect(await places()).toEqual([])
    expect(await left(readSums())).toMatchObject({ _tag: 'ProjectionNotBuilt', active: 0 })
    expect(await statesOf()).toEqual([])
  })

  it('does not replace what is not its own where its views should be', async () => {
    await sql`create schema ${sql.id(views)}`.execute(older.db)
    await sql`create view ${sql.id(views, 'steps')} as select 1 as mine`.execute(older.db)
    const ended = await start(sums(views)).ended
    expect(ended).toMatchObject(E.left({ _tag: 'TablesNotCreated' }))
    if (E.isLeft(ended)) expect(ended.left.message).toContain('is no view of the projection sums')
    expect(await viewed(older.db, 'steps')).toEqual([{ mine: 1 }])
    expect(await places()).toEqual([])
  })

  it('takes names of every kind', async () => {
    const name = `"; drop schema reprise; -- 'ü${'x'.repeat(80)}`
    const hostile = tableProjection<SumTables, Tick>({
      ...sums(views),
      name,
      tables: createSums,
      views,
      handle: ({ streamId, position }, transaction) => addTo(transaction, streamId, position, 1),
    })
    const [position] = await appendTicks(older.store, 'tick-1', 7)
    start(hostile)
    await right(reader(hostile).until(position ?? 0, 20_000))
    expect(await right(readSums(hostile))).toEqual([{ stream: 'tick-1', sum: 1, events: 1 }])
    expect(await viewed(older.db)).toHaveLength(1)
  })

  it('can only read with a reader, and reads the other tables too', async () => {
    await built()
    await sql`create table names (stream text, name text)`.execute(older.db)
    await sql`insert into names values ('tick-1', 'one')`.execute(older.db)
    const joined = await right(
      reader().read((db) =>
        sql<object>`select name, sum from sums join names using (stream)`.execute(db),
      ),
    )
    expect(joined.rows).toEqual([{ name: 'one', sum: 6 }])
    const written = reader().read((db) => db.deleteFrom('sums').execute())
    expect(await left(written)).toMatchObject({ _tag: 'StoreFailed' })
    const wrong = reader().read((db) => sql`select nothing from sums`.execute(db))
    expect(await left(wrong)).toMatchObject({ _tag: 'StoreFailed', reason: 'Unexpected' })
    expect(await right(readSums())).toHaveLength(1)
    await sql`drop table names`.execute(older.db)
  })
}
