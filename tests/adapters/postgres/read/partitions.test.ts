import fc from 'fast-check'
import { CompiledQuery, type Kysely } from 'kysely'
import { Client } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { type Executor, labelOf } from '../../../../src/adapters/postgres/connection/query'
import { readAllFrom } from '../../../../src/adapters/postgres/read/read-all'
import { migrate } from '../../../../src/adapters/postgres/schema/migrate'
import type { StoreRange } from '../../../../src/core/ports/event-source'
import { eventually } from '../../../support/eventually'
import { partitioned } from '../../../support/partitioned'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'
import { appending } from '../../../support/tally'

let database: MigratedDatabase<unknown>
let db: Kysely<unknown>
let client: Client
beforeAll(async () => {
  database = await migratedDatabase()
  db = database.connect(8)
  client = new Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.close()
})

/** How stores of less than 100,000 positions are read in no order, by a plan of their own. */
const UNORDERED = 'read_unordered_of_few'

const numbers = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** Stores events at these positions, and marks, which are no events, at those. Of every third event the type is `Rare`. */
const fill = async (
  schema: string,
  positions: ReadonlyArray<number>,
  marks: ReadonlyArray<number> = [],
): Promise<void> => {
  await client.query(
    `insert into "${schema}".events
       (position, stream_id, version, id, type, schema_version, recorded_at, data, metadata)
     select p, 'counter-' || p % 7, p, gen_random_uuid(), case when p % 3 = 0 then 'Rare' else 'Added' end,
       case when p = any($2::bigint[]) then 0 else 1 end, now(), '{"by":1}', '{}'
     from unnest($1::bigint[] || $2::bigint[]) p`,
    [positions, marks],
  )
  await client.query(`select setval('"${schema}".events_position_seq', $1)`, [
    Math.max(...positions, ...marks),
  ])
}

/** Reads a store, and remembers by which statements. */
const readerOf = (schema: string) => {
  const sent: (string | undefined)[] = []
  const recording: Executor = {
    executeQuery: (query) => {
      sent.push(labelOf(query.sql))
      return db.executeQuery(query)
    },
  }
  const readAll = readAllFrom(schema)(recording, 'statement')
  return {
    read: (range: StoreRange) => right(readAll(range)),
    /** The statements since the last call. */
    statements: () => sent.splice(0),
  }
}

/** A store with events at these positions in three partitions. */
const partitionedStore = async (
  schema: string,
  positions: ReadonlyArray<number>,
  marks: ReadonlyArray<number> = [],
) => {
  await right(migrate(db, schema))
  await partitioned(db, 3, schema)
  await fill(schema, positions, marks)
  return readerOf(schema)
}
type Reader = ReturnType<typeof readerOf>

/** The positions on a page, how far it has seen, and whether there is more. */
const pageOf = async ({ read }: Reader, range: StoreRange) => {
  const { events, upTo, more } = await read(range)
  return { positions: events.map(({ position }) => position), upTo, more }
}

/** What {@link pageOf} must be, of a store with events at these positions that can be read up to `horizon`. */
const expectedPage = (
  positions: ReadonlyArray<number>,
  horizon: number,
  { after, limit }: StoreRange,
) => {
  const page = positions.filter((position) => position > after).slice(0, limit)
  const last = page.length === limit ? page.at(-1) : undefined
  return last === undefined
    ? { positions: page, upTo: Math.max(after, horizon), more: false }
    : { positions: page, upTo: last, more: true }
}

/** Reads on to the end, page by page, and compares every page. Answers by which statements. */
const readToEnd = async (
  reader: Reader,
  positions: ReadonlyArray<number>,
  horizon: number,
  limit: number,
) => {
  reader.statements()
  for (let [after, more] = [0, true]; more;) {
    const page = await pageOf(reader, { after, limit })
    expect(page).toEqual(expectedPage(positions, horizon, { after, limit }))
    ;({ upTo: after, more } = page)
  }
  return reader.statements()
}

describe('a page of events in partitions', () => {
  it('is in the order of positions, and is read without one', async () => {
    const positions = numbers(1, 500)
    const reader = await partitionedStore('dense', positions)
    const statements = await readToEnd(reader, positions, 500, 50)
    expect(statements.filter((label) => label === UNORDERED).length).toBeGreaterThan(0)
    expect(statements.length).toBeLessThanOrEqual(13) // ten pages, the horizon at the end, and after each second
  })

  it('is full where a position is missing here and there', async () => {
    const positions = numbers(1, 1_000).filter((position) => position % 11 > 0)
    const reader = await partitionedStore('gaps', positions)
    const statements = await readToEnd(reader, positions, 1_000, 100)
    expect(statements.filter((label) => label === UNORDERED).length).toBeGreaterThan(0)
    expect(statements.length).toBeLessThanOrEqual(18)
  })

  it('is read in order where most positions hold no event, and not so again behind them', async () => {
    const sparse = numbers(1, 300).map((n) => n * 10_000)
    const positions = [...numbers(1, 300), ...sparse, ...numbers(3_000_001, 3_002_000)]
    const reader = await partitionedStore('sparse', positions)
    const statements = await readToEnd(reader, positions, 3_002_000, 50)
    expect(statements.slice(8, 12)).not.toContain('read_unordered')
    expect(statements.slice(-6)).toContain('read_unordered')
    expect(statements.length).toBeLessThanOrEqual(65)
  })

  it('holds no mark, and is full all the same', async () => {
    const marks = numbers(41, 60)
    const positions = numbers(1, 200).filter((position) => !marks.includes(position))
    const reader = await partitionedStore('marks', positions, marks)
    expect(await readToEnd(reader, positions, 200, 30)).toContain(UNORDERED)
  })

  it('is that of a filter', async () => {
    const reader = await partitionedStore('filter', numbers(1, 200))
    await reader.read({ after: 0, limit: 10 }) // the horizon is known
    const page = await pageOf(reader, { after: 30, limit: 3, types: ['Rare'] })
    expect(page).toEqual({ positions: [33, 36, 39], upTo: 39, more: true })
  })

  it('ends below a writer that is at work, though later events are stored', async () => {
    const schema = 'writer'
    const reader = await partitionedStore(schema, numbers(1, 50))
    const { store } = postgres(db, { schema })
    const writing = await db.startTransaction().execute()
    await right(store.inTransaction(writing).append(appending('counter-open', 3)))
    await right(store.append(appending('counter-after', 4)))
    await reader.read({ after: 0, limit: 10 })
    const range = { after: 45, limit: 10 }
    expect(await pageOf(reader, range)).toEqual({
      positions: numbers(46, 50),
      upTo: 50,
      more: false,
    })
    expect(reader.statements()).toContain(UNORDERED)
    await writing.commit().execute()
    expect(await pageOf(reader, range)).toEqual({
      positions: numbers(46, 55),
      upTo: 55,
      more: true,
    })
  })

  it('goes on where the page before ended, when events were moved to partitions in between', async () => {
    const schema = 'moved'
    const positions = numbers(1, 2_000)
    await right(migrate(db, schema))
    await fill(schema, positions)
    const reader = readerOf(schema)
    await reader.read({ after: 0, limit: 10 })
    await reader.read({ after: 10, limit: 10 })
    await partitioned(db, 3, schema)
    let after = 20
    // With the next horizon, which is read after a second at the latest, it is known that there are partitions.
    await eventually(async () => {
      const page = await pageOf(reader, { after, limit: 10 })
      expect(page).toEqual(expectedPage(positions, 2_000, { after, limit: 10 }))
      after = page.more ? page.upTo : 0
      return reader.statements().includes(UNORDERED)
    }, 20_000)
  }, 30_000)

  it('is looked for by indexes after many events have come to a store that was planned for with few', async () => {
    const schema = 'grown'
    await partitionedStore(schema, numbers(1, 600))
    for (const part of [0, 1, 2]) {
      await client.query(`alter table ${schema}.events_p${part} set (autovacuum_enabled = off)`)
    }
    await client.query(`analyze ${schema}.events`)
    const session = database.connect(1)
    const readAll = readAllFrom(schema)(session, 'statement')
    const read = async (from: number, to: number) => {
      for (let after = from; after < to; after += 50) await right(readAll({ after, limit: 50 }))
    }
    const rowsPassed = async () => {
      await session.executeQuery(CompiledQuery.raw('select pg_stat_force_next_flush()'))
      const { rows } = await client.query<{ passed: number }>(
        `select sum(seq_tup_read)::integer as passed from pg_stat_user_tables where schemaname = $1`,
        [schema],
      )
      return rows[0]?.passed ?? Number.NaN
    }
    await read(0, 600) // every statement is planned, and the plans are kept
    await fill(schema, numbers(601, 120_000))
    await right(readAll({ after: 120_000, limit: 50 })) // the horizon is known
    const before = await rowsPassed()
    await read(0, 600)
    expect((await rowsPassed()) - before).toBeLessThan(120_000)
  }, 60_000)

  it('is the same as in one sorted list, whatever positions hold events, and wherever readers begin', async () => {
    /** Runs of events, gaps and marks. */
    const runs = fc.array(
      fc.record({
        kind: fc.constantFrom('events', 'events', 'gap', 'mark'),
        length: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 120 })),
      }),
      { minLength: 1, maxLength: 12 },
    )
    const ranges = fc.array(
      fc.record({
        after: fc.oneof(fc.constant('on' as const), fc.integer({ min: 0, max: 900 })),
        limit: fc.integer({ min: 1, max: 80 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    await right(migrate(db, 'any'))
    await partitioned(db, 3, 'any')
    let base = 0 // each run of the property reads behind the events of those before it
    await fc.assert(
      fc.asyncProperty(runs, ranges, async (some, wanted) => {
        const [positions, marks]: [number[], number[]] = [[], []]
        const start = base
        for (const { kind, length } of some) {
          for (const position of numbers(base + 1, base + length)) {
            if (kind === 'events') positions.push(position)
            if (kind === 'mark') marks.push(position)
          }
          base += length
        }
        if (positions.length + marks.length === 0) return
        await fill('any', positions, marks)
        base = Math.max(...positions, ...marks)
        const reader = readerOf('any')
        let next = start
        for (const { after: from, limit } of wanted) {
          const range = { after: from === 'on' ? next : start + from, limit }
          const page = await pageOf(reader, range)
          expect(page).toEqual(expectedPage(positions, base, range))
          next = page.upTo
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})
