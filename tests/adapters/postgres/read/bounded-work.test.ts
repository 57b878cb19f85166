import { sql } from 'kysely'
import { Client, Pool } from 'pg'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { connectPool, postgres } from '../../../../src/postgres'
import { fromStart, fromTime } from '../../../../src/core/subscription-start'
import { runSubscription } from '../../../../src/shell/subscription/run-subscription'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { right, rightOf } from '../../../support/right'
import { appending, counter, newEvent } from '../../../support/tally'

const MANY = 400_000

/** Longer than a page of events takes, in milliseconds, and less than it takes to look at all of them. */
const TIMEOUT = 20

/**
 * On a busy machine a page of events can take longer, too: then it is asked for again. What looks at all of them never
 * ends in time.
 */
const inTime = <Failure, Found>(task: TE.TaskEither<Failure, Found>): Promise<Found> =>
  eventually(async () => {
    const answer = await task()
    return E.isLeft(answer) && JSON.stringify(answer.left).includes('statement timeout')
      ? undefined
      : { found: rightOf(answer) }
  }).then(({ found }) => found)

let database: MigratedDatabase<unknown>
let close: () => Promise<void>
const limited = () => {
  const pool = new Pool({
    connectionString: database.url,
    max: 4,
    options: `-c statement_timeout=${TIMEOUT}`,
  })
  return connectPool<unknown>(pool)
}

beforeAll(async () => {
  database = await migratedDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query(
    `insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
     select 'common-' || n, 1, gen_random_uuid(), 'Added', 1,
            timestamptz '2020-01-01' + n * interval '1 second', '{"by":1}', '{}'
     from generate_series(1, $1::integer) n`,
    [MANY],
  )
  await client.end()
  await right(postgres(database.connect(1)).store.append(appending('counter-1', 2)))
  const db = limited()
  close = () => db.destroy()
}, 60_000)
afterAll(async () => {
  await close()
  await database.close()
})

describe('a category without events among very many others, under a short statement_timeout', () => {
  it('cannot be looked for in one statement', async () => {
    const db = limited()
    const whole = sql`select from reprise.events where split_part(stream_id, '-', 1) = 'counter'`
    await expect(whole.execute(db)).rejects.toMatchObject({ code: '57014' })
    await db.destroy()
  })

  it('is read in pages that move on, to the event at the end', async () => {
    const db = limited()
    const { store } = postgres(db)
    let after = 0
    let pages = 0
    const found: number[] = []
    for (;;) {
      const page = await inTime(store.readAll({ after, limit: 10, categories: ['counter'] }))
      found.push(...page.events.map(({ position }) => position))
      pages += 1
      if (page.upTo === after) break
      after = page.upTo
      if (!page.more) break
    }
    expect(found).toHaveLength(2)
    expect(after).toBe(found[1])
    expect(pages).toBeLessThan(200)
    await db.destroy()
  }, 30_000)

  it('is read by its time in pages that move on, and by its correlation id in one', async () => {
    const db = limited()
    const { store } = postgres(db)
    const event = { ...newEvent('Added', { by: 1 }), metadata: { correlationId: 'only one' } }
    await right(
      postgres(database.connect(1)).store.append({ ...appending('rare-1'), events: [event] }),
    )
    const recordedFrom = Date.now() - 3_600_000
    let after = 0
    const found: string[] = []
    for (let more = true; more;) {
      const page = await inTime(store.readAll({ after, limit: 10, recordedFrom }))
      expect(page.upTo > after || !page.more).toBe(true)
      found.push(...page.events.map(({ streamId }) => streamId))
      after = page.upTo
      more = page.more
    }
    expect(found).toEqual(['counter-1', 'counter-1', 'rare-1'])
    const page = await inTime(store.readAll({ after: 0, limit: 10, correlationId: 'only one' }))
    expect(page).toMatchObject({ events: [{ streamId: 'rare-1' }], more: false, upTo: after })
    await db.destroy()
  }, 30_000)

  it('moves its checkpoint, and its one event is handled', async () => {
    const db = limited()
    // Its checkpoints are written to a disk that others write to, too: only what it reads must end in time.
    const { subscriptions } = postgres(database.connect(4))
    const backend = { ...postgres(db), subscriptions }
    const stop = new AbortController()
    const handled: unknown[] = []
    const running = runSubscription({
      name: 'rare',
      from: fromStart,
      categories: ['counter'],
      events: counter.events,
      handle: ({ event }) => {
        handled.push(event)
        return TE.right(undefined)
      },
    })(backend, { signal: stop.signal })()
    await eventually(() => handled.length === 2, 50_000) // what times out on a busy machine is asked for again
    stop.abort()
    await running
    await db.destroy()
  }, 60_000)

  it('has its lag counted', async () => {
    const db = limited()
    const backend = postgres(db)
    await inTime(
      backend.subscriptions.register({
        name: 'behind',
        partitions: 1,
        position: 0,
        categories: ['counter'],
      }),
    )
    const [status] = await inTime(backend.operator.status('behind'))
    expect(status?.lag).toMatchObject({ events: 2, orMore: false })
    await db.destroy()
  }, 30_000)
})

describe('the start at a time, under a short statement_timeout', () => {
  it.each([
    [0, 0],
    [MANY / 2, MANY / 2 - 1],
    [MANY, MANY - 1],
    [MANY + 1, MANY], // the events of today
  ])('is found at second %i', async (second, position) => {
    const db = limited()
    const time = Date.UTC(2020, 0, 1) + second * 1_000
    expect(await inTime(postgres(db).store.locate(fromTime(time)))).toBe(position)
    await db.destroy()
  })
})
