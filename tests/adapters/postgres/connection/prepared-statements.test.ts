import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { CompiledQuery, type Kysely } from 'kysely'
import { Pool, type PoolConfig } from 'pg'
import { connectPool } from '../../../../src/adapters/postgres/connection/pool'
import type { PreparedStatementsMode } from '../../../../src/adapters/postgres/connection/prepared-statements'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { named } from '../../../../src/adapters/postgres/connection/query'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'

interface Tables {
  readonly noted: { readonly step: number }
}

let database: MigratedDatabase<Tables>
let opened: Array<Kysely<Tables>> = []
beforeAll(async () => {
  database = await migratedDatabase()
  const db = connectPool<Tables>(new Pool({ connectionString: database.url }))
  await run(db, 'create table noted (step integer)')
  await db.destroy()
})
afterEach(async () => {
  await Promise.all(opened.map((db) => db.destroy()))
  opened = []
})
afterAll(() => database.close())

/** One connection, and what is sent over it. */
const watched = (config: PoolConfig = {}, preparing: PreparedStatementsMode = 'prepared') => {
  const sent: string[] = []
  const pool = new Pool({ connectionString: database.url, max: 1, ...config })
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: ReadonlyArray<unknown>) => unknown
    Object.assign(client, {
      query: (...args: ReadonlyArray<unknown>): unknown => {
        const [asked] = args
        sent.push(typeof asked === 'string' ? asked : (asked as { readonly text: string }).text)
        return query(...args)
      },
    })
  })
  const db = connectPool<Tables>(pool, preparing)
  opened.push(db)
  return { pool, db, sent }
}

const run = <Row>(
  db: Pick<Kysely<Tables>, 'executeQuery'>,
  text: string,
  parameters: ReadonlyArray<unknown> = [],
) => db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))

const NOTE = named('note', 'insert into noted values ($1::integer) returning step')
const FAIL = named('fail', 'select 1 / $1::integer as quotient')
const ECHO = named('echo', 'select $1::text as text, $2::text[] as list, $3::float8 as number')
const SLEEP = named('sleep', 'select pg_sleep($1::float8)')

const steps = async (db: Kysely<Tables>): Promise<ReadonlyArray<number>> => {
  const { rows } = await run<{ step: number }>(db, 'select step from noted order by step')
  return rows.map(({ step }) => step)
}

describe('a prepared statement', () => {
  it('answers the same the first time, when the driver runs it, and later, when we do', async () => {
    const { db } = watched()
    const element = fc.option(
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\u0000', '')),
    )
    const texts = fc.oneof(
      element,
      fc.constantFrom('', '{}', 'null', 'NULL', '"', '\\', 'a,b', ' '),
    )
    const number = fc.double().map((value) => value + 0) // there is no -0 on the way to a server
    let fresh = 0
    await fc.assert(
      fc.asyncProperty(texts, fc.array(texts), number, async (text, list, value) => {
        const { rows } = await run(db, ECHO, [text, list, value])
        expect(rows).toEqual([{ text, list, number: value }])
        const first = named(`echo${fresh++}`, ECHO)
        expect((await run(db, first, [text, list, value])).rows).toEqual(rows)
      }),
      { numRuns: 200 },
    )
  })

  it('leaves what only the driver can write to the driver', async () => {
    const { db } = watched()
    const when = named(
      'when',
      'select $1::timestamptz as time, $2::boolean as yes, $3::bytea as bytes',
    )
    const values = [new Date(1_700_000_000_000), true, Buffer.from([0, 255])]
    for (const _ of [1, 2]) {
      const { rows } = await run(db, when, values)
      expect(rows).toEqual([{ time: values[0], yes: true, bytes: values[2] }])
    }
  })

  it('that fails is reported as by the driver, and leaves the connection usable', async () => {
    const { db } = watched()
    await run(db, FAIL, [1])
    await expect(run(db, FAIL, [0])).rejects.toMatchObject({ code: '22012' })
    expect((await run(db, FAIL, [1])).rows).toEqual([{ quotient: 1 }])
  })

  it('whose answer the parser of its type cannot read fails, and leaves the connection usable', async () => {
    const types = {
      getTypeParser: () => (text: string) => {
        if (text === '7') throw new Error('no sevens here')
        return text
      },
    }
    const { db } = watched({ types: types })
    const text = named('seven', 'select generate_series(1, $1::integer)::text as step')
    expect((await run(db, text, [2])).rows).toHaveLength(2)
    await expect(run(db, text, [9])).rejects.toThrow('no sevens here')
    expect((await run(db, text, [3])).rows).toHaveLength(3)
  })

  it('that takes longer than a query may is given up', async () => {
    const { db } = watched({ query_timeout: 1_000 })
    await run(db, SLEEP, [0])
    await expect(run(db, SLEEP, [30])).rejects.toThrow('timeout')
  })

  it('counts the rows that it has changed', async () => {
    const { db } = watched()
    const all = named('change', 'update noted set step = step where step < $1::integer')
    await run(db, NOTE, [-2])
    await run(db, all, [0])
    expect((await run(db, all, [0])).numAffectedRows).toBe(1n)
    await run(db, 'delete from noted')
  })

  it('is left to a driver that pipelines, whose connection is not ours to speak to', async () => {
    const { db } = watched({ pipeline: true })
    const store = postgres(db).store
    for (const turn of [1, 2, 3]) await right(store.append(appending(`counter-pipe${turn}`)))
    expect((await right(store.read('counter-pipe3', { after: 0, limit: 9 }))).events).toHaveLength(
      1,
    )
  })
})

describe("the caller's own statements", () => {
  const preparedTexts = async (db: Kysely<Tables>): Promise<ReadonlyArray<string>> => {
    const { rows } = await run<{ statement: string }>(
      db,
      'select statement from pg_prepared_statements order by prepare_time, name',
    )
    return rows.map(({ statement }) => statement)
  }
  const text = 'select $1::integer + 1 as next'

  it('are prepared the second time they come, if all are, and answer as before', async () => {
    const { db } = watched({}, 'prepareAll')
    for (const [turn, prepared] of [[], [text], [text], [text]].entries()) {
      expect((await run(db, text, [turn])).rows).toEqual([{ next: turn + 1 }])
      expect(await preparedTexts(db)).toEqual(prepared)
    }
  })

  it('are never prepared otherwise', async () => {
    const { db } = watched()
    for (const turn of [1, 2, 3]) await run(db, text, [turn])
    expect(await preparedTexts(db)).toEqual([])
  })

  it('are prepared up to a number, however many different ones come', async () => {
    const { db } = watched({}, 'prepareAll')
    for (let column = 0; column < 210; column++) {
      for (const _ of [1, 2]) await run(db, `select $1::integer as c${column}`, [column])
    }
    expect(await preparedTexts(db)).toHaveLength(200)
    expect((await run(db, 'select $1::integer as c209', [9])).rows).toEqual([{ c209: 9 }])
  })

  it('fail once when the columns of a table have changed, on a connection that is replaced', async () => {
    const { db } = watched({}, 'prepareAll')
    await run(db, 'create table growing (step integer)')
    const all = 'select * from growing where step > $1'
    for (const _ of [1, 2, 3]) await run(db, all, [0])
    await run(db, 'alter table growing add column note text')
    await expect(run(db, all, [0])).rejects.toMatchObject({ code: '0A000' })
    await run(db, 'insert into growing values (1, $1)', ['new'])
    expect((await run(db, all, [0])).rows).toEqual([{ step: 1, note: 'new' }])
    await run(db, 'drop table growing')
  })

  it('in an inline projection make its append worth another try when a table has changed', async () => {
    const { db } = watched({}, 'prepareAll')
    await run(db, 'create table kept (id text)')
    const store = postgres(db, {
      inline: [
        {
          name: 'kept',
          project: (events, transaction) => async () => {
            for (const { id } of events) {
              await run(transaction, 'insert into kept values ($1) returning *', [id])
            }
            return E.right(undefined)
          },
        },
      ],
    }).store
    for (const turn of [1, 2, 3]) await right(store.append(appending(`counter-kept${turn}`)))
    await run(db, 'alter table kept add column note text')
    expect(await left(store.append(appending('counter-kept4')))).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'TransactionRefused',
      outcome: 'nothingWritten',
    })
    await right(store.append(appending('counter-kept4')))
    expect((await run(db, 'select from kept')).rows).toHaveLength(4)
    await run(db, 'drop table kept')
  })
})

describe('a transaction', () => {
  const warmed = async () => {
    const connection = watched()
    const { db, sent } = connection
    await run(db, 'delete from noted')
    await db.transaction().execute((transaction) => run(transaction, NOTE, [0]))
    sent.length = 0
    return connection
  }

  it('begins in the round trip of its first statement', async () => {
    const { db, sent } = await warmed()
    await db.transaction().execute((transaction) => run(transaction, NOTE, [1]))
    expect(sent).toEqual([NOTE, 'commit'])
    expect(await steps(db)).toEqual([0, 1])
  })

  it('begins before its first statement when that is none of ours', async () => {
    const { db, sent } = await warmed()
    await db
      .transaction()
      .execute((transaction) => run(transaction, 'insert into noted values (1)'))
    expect(sent).toEqual(['begin', 'insert into noted values (1)', 'commit'])
    expect(await steps(db)).toEqual([0, 1])
  })

  it('begins before a statement of ours that is not prepared yet', async () => {
    const { db, sent } = await warmed()
    const other = named('other', 'insert into noted values ($1::integer)')
    const failing = db.transaction().execute(async (transaction) => {
      await run(transaction, other, [1])
      return Promise.reject(new Error('changed my mind'))
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(sent).toEqual(['begin', other, 'rollback'])
    expect(await steps(db)).toEqual([0])
  })

  it('without a statement sends nothing to the server', async () => {
    const { db, sent } = await warmed()
    await db.transaction().execute(() => Promise.resolve())
    const rolledBack = await db.startTransaction().execute()
    await rolledBack.rollback().execute()
    expect(sent).toEqual([])
    await run(db, NOTE, [1])
    const { rows } = await run<{ now: boolean }>(db, 'select now() = statement_timestamp() as now')
    expect(rows).toEqual([{ now: true }])
  })

  it('whose first statement fails is rolled back, and the connection stays usable', async () => {
    const { db } = await warmed()
    await run(db, FAIL, [1])
    const failing = db.transaction().execute((transaction) => run(transaction, FAIL, [0]))
    await expect(failing).rejects.toMatchObject({ code: '22012' })
    await db.transaction().execute((transaction) => run(transaction, NOTE, [1]))
    expect(await steps(db)).toEqual([0, 1])
  })

  it('that is rolled back takes its first statement back too', async () => {
    const { db } = await warmed()
    const transaction = await db.startTransaction().execute()
    await run(transaction, NOTE, [1])
    await transaction.rollback().execute()
    expect(await steps(db)).toEqual([0])
  })
})

describe('a connection that has lost its prepared statements', () => {
  it('says so, has written nothing, and is replaced', async () => {
    const { db } = watched()
    const store = postgres(db, { wakeUps: 'poll' }).store // no notification takes the connection meanwhile
    for (const turn of [1, 2, 3]) await right(store.append(appending(`counter-lost${turn}`)))
    await run(db, 'discard all')
    expect(await left(store.append(appending('counter-lost4')))).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'TransactionRefused',
      outcome: 'nothingWritten',
      message: expect.stringContaining('has lost its prepared statements'),
    })
    const { version } = await right(store.append(appending('counter-lost4')))
    expect(version).toBe(1)
  })
})

describe('a pool of one connection', () => {
  it('serves every waiting caller, although statements follow one another without a pause', async () => {
    const { db, pool } = watched()
    const store = postgres(db, { wakeUps: 'poll' }).store
    let waiting = true
    const busy = async () => {
      for (let turn = 0; waiting; turn++)
        await right(store.append(appending(`counter-busy${turn}`)))
    }
    const appends = busy()
    const client = await pool.connect()
    waiting = false
    client.release()
    await appends
    expect(pool.idleCount + pool.waitingCount).toBeLessThanOrEqual(1)
  })

  it('has its connection back when nothing follows', async () => {
    const { db, pool } = watched()
    await right(postgres(db, { wakeUps: 'poll' }).store.append(appending('counter-given-back')))
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(pool.idleCount).toBe(1)
  })
})
