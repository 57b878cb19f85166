import { sql, type Transaction } from 'kysely'
import { rebuildProjection, runProjection } from 'reprise'
import {
  connectPool,
  postgres,
  type PostgresBackend,
  tableProjection,
  tableReader,
} from 'reprise/postgres'
import type { ProjectionNotice } from '../../../../src/shell/projection/environment'
import { eventually } from '../../../support/eventually'
import { postgresReadSide } from '../../../support/postgres-read-side'
import { right } from '../../../support/right'
import { running } from '../../../support/running'
import { counts, type CountTables, run, sums, type SumTables } from '../../../support/sums'
import { appendTicks, type Tick, ticks } from '../../../support/ticks'

const VIEWS = 'shown'
const options = { leaseDuration: 1_000, maxPollInterval: 20 }
let older: PostgresBackend<SumTables>
let newer: PostgresBackend<CountTables>
let close: () => Promise<void>

beforeEach(async () => {
  const side = await postgresReadSide()
  older = postgres(connectPool<SumTables>(side.pool))
  newer = postgres(connectPool<CountTables>(side.pool))
  close = async () => {
    await Promise.all([older.close(), newer.close()])
    await side.close()
  }
  const positions = await appendTicks(older.store, 'tick-1', 1, 2, 3)
  const program = running((signal) => runProjection(sums(VIEWS), options)(older, { signal }))
  await right(tableReader(sums())(older).until(positions.at(-1) ?? 0, 20_000))
  await program.stop()
})
afterEach(() => close())

const active = async () => (await right(older.documents.active('sums')))?.collection
const schemas = async () =>
  (
    await sql<{ readonly name: string }>`select nspname as name from pg_namespace
      where nspname like 'reprise:%' order by 1`.execute(older.db)
  ).rows.map(({ name }) => name)

describe('tables of builds', () => {
  it('are switched when a query on the views has ended, and not before', async () => {
    let switched: Promise<unknown> = Promise.resolve()
    await older.db.transaction().execute(async (transaction) => {
      await sql`select * from shown.sums`.execute(transaction)
      const before = await active()
      switched = right(rebuildProjection(counts(VIEWS), options)(newer))
      await eventually(async () => (await right(older.subscriptions.reached('sums@2.1'))) === 3)
      const build = { version: 2, build: 1, collection: 'sums@2.1' }
      expect(await older.documents.activate('sums', build)()).toMatchObject({
        left: { _tag: 'StoreFailed', outcome: 'nothingWritten' },
      })
      expect(await active()).toBe(before)
      await sql`select * from shown.sums join shown.steps using (stream)`.execute(transaction)
    })
    await switched
    expect(await active()).toBe('sums@2.1')
    expect((await sql`select * from shown.sums`.execute(older.db)).rows).toEqual([
      { events: 3, stream: 'tick-1' },
    ])
  })

  it('shows every statement the tables of one build, while builds are switched', async () => {
    // Each row says in which schema it was written.
    const create = (table: keyof SumTables) => (db: Transaction<SumTables>) =>
      run(() =>
        sql`create table ${sql.id(table)} (place text default current_schema())`.execute(db),
      )
    const placed = tableProjection<SumTables, Tick>({
      name: 'placed',
      version: 1,
      events: ticks,
      views: 'shown',
      tables: { sums: create('sums'), steps: create('steps') },
      handle: (_event, db) =>
        run(async () => {
          await sql`insert into sums default values`.execute(db)
          await sql`insert into steps default values`.execute(db)
        }),
    })
    await sql`drop view shown.sums, shown.steps`.execute(older.db)
    const first = running((signal) => runProjection(placed, options)(older, { signal }))
    await right(tableReader(placed)(older).until(3, 20_000))
    await first.stop()
    let isOver = false
    const seen = new Set<string>()
    const look = async (): Promise<void> => {
      while (!isOver) {
        const { rows } = await sql<{ readonly place: string }>`
          select place from shown.sums union select place from shown.steps`.execute(older.db)
        seen.add(rows.map(({ place }) => place).join(' and '))
      }
    }
    const looking = Promise.all([look(), look()])
    for (let number = 2; number <= 5; number++) {
      const rebuilt = rebuildProjection(placed, { ...options, keepOldBuild: 0 })(older)
      expect(await right(rebuilt)).toMatchObject({ build: number })
    }
    isOver = true
    await looking
    const expected = [1, 2, 3, 4, 5].map((number) => `reprise:placed@1.${number}`)
    expect([...seen].filter((places) => !expected.includes(places))).toEqual([])
    expect(seen.size).toBeGreaterThan(1)
    expect(await schemas()).toEqual(['reprise:placed@1.5', 'reprise:sums@1.1'])
  })

  it('does not drop what a reader still reads', async () => {
    const reader = tableReader(sums())(older)
    const rows = await right(
      reader.read(async (db) => {
        // Nothing is read yet, so no lock of a table prevents it.
        await right(rebuildProjection(sums(VIEWS), { ...options, keepOldBuild: 0 })(older))
        expect(await schemas()).toEqual(['reprise:sums@1.1', 'reprise:sums@1.2'])
        return db.selectFrom('sums').selectAll().execute()
      }),
    )
    expect(rows).toEqual([{ stream: 'tick-1', sum: 6, events: 3 }])
    await right(older.documents.sweep('sums', 1_000))
    expect(await schemas()).toEqual(['reprise:sums@1.2'])
    expect(await right(older.documents.builds('sums'))).toHaveLength(1)
  })

  it('says why it cannot switch, and switches when that is over', async () => {
    await sql`create view mine as select sum from shown.sums`.execute(older.db)
    const notices: ProjectionNotice[] = []
    const switched = right(
      rebuildProjection(counts(VIEWS), options)(newer, {
        onNotice: (notice) => void notices.push(notice),
      }),
    )
    await eventually(() => notices.some(({ _tag }) => _tag === 'BuildTroubled'))
    expect(await active()).toBe('sums@1.1')
    await sql`drop view mine`.execute(older.db)
    await switched
    expect(await active()).toBe('sums@2.1')
    const troubles = notices.filter(({ _tag }) => _tag === 'BuildTroubled')
    expect(troubles).toHaveLength(1)
    expect(troubles).toMatchObject([{ error: { message: expect.stringContaining('depend') } }])
  })

  it('keeps the rights on the views, also when their columns change', async () => {
    const role = `reads_${Math.random().toString(36).slice(2)}`
    await sql`create role ${sql.id(role)}`.execute(older.db)
    await sql`grant select on shown.sums to ${sql.id(role)} with grant option`.execute(older.db)
    await right(rebuildProjection(counts(VIEWS), options)(newer))
    const { rows } = await sql<{ readonly may: boolean }>`
      select has_table_privilege(${role}, 'shown.sums', 'select with grant option') as may`.execute(
      older.db,
    )
    expect(rows).toEqual([{ may: true }])
    await sql`drop owned by ${sql.id(role)}`.execute(older.db)
    await sql`drop role ${sql.id(role)}`.execute(older.db)
  })
})
