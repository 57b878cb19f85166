import { randomInt } from 'node:crypto'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { sql } from 'kysely'
import { runSubscription } from '../../src/shell/subscription/run-subscription'
import { untilReached } from '../../src/shell/subscription/until-reached'
import { fromStart } from '../../src/core/subscription-start'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { running } from '../support/running'
import { type Tick, tick, ticks } from '../support/ticks'
import { scaled } from '../support/workers'

/** `REPRISE_CHAOS_SECONDS=60` for a long run. */
const SECONDS = scaled('REPRISE_CHAOS_SECONDS', 6)
const WRITERS = 24
const PAGE = 7

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
})
afterAll(() => side.close())

const pause = (milliseconds: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

const place = (streamId: string, version: number) => `${streamId}:${version}`

/** Transactions of random length, with other work before the append; 15 % are rolled back. */
const write = async (writer: number, until: number, committed: string[]): Promise<void> => {
  while (Date.now() < until) {
    await pause(randomInt(150)) // slow enough for the subscriber to catch up again and again
    const streamId = `tick-${randomInt(40)}`
    const transaction = await side.db.startTransaction().execute()
    await sql`insert into other_work (writer) values (${writer})`.execute(transaction)
    if (randomInt(3) === 0) await pause(randomInt(20))
    const events = Array.from({ length: 1 + randomInt(3) }, () => tick(1))
    const appended = await right(
      side.store
        .inTransaction(transaction)
        .append({ streamId, expectedVersion: 'any', events, commands: [] }),
    )
    await pause(randomInt(100))
    if (randomInt(100) < 15) {
      await transaction.rollback().execute()
      continue
    }
    await transaction.commit().execute()
    for (let n = events.length; n > 0; n--)
      committed.push(place(streamId, appended.version - n + 1))
  }
}

/** What many do: go on after the highest position that was seen. */
const naive = async (over: () => boolean, seen: Set<string>): Promise<void> => {
  let after = 0
  for (;;) {
    const last = over()
    const { rows } = await sql<{ position: string; stream_id: string; version: number }>`
      select position, stream_id, version from reprise.events
      where position > ${after} order by position limit ${PAGE}`.execute(side.db)
    for (const row of rows) seen.add(place(row.stream_id, row.version))
    after = Number(rows.at(-1)?.position ?? after)
    if (rows.length < PAGE && last) return
    if (rows.length < PAGE) await pause(1)
  }
}

describe('a subscription beside 24 writers', () => {
  it(
    'skips nothing and keeps the order, while a reader of the highest position misses events',
    async () => {
      await sql`create table other_work (id serial, writer integer)`.execute(side.db)
      const unrelated = await side.db.startTransaction().execute()
      await sql`insert into other_work (writer) values (-1)`.execute(unrelated)

      // Only a reader that has caught up with the writers could miss a late commit.
      let caughtUp = 0
      const store: typeof side.store = {
        ...side.store,
        readAll: (range) =>
          pipe(
            side.store.readAll(range),
            TE.map((page) => {
              if (!page.more && Date.now() < until) caughtUp++
              return page
            }),
          ),
      }
      const until = Date.now() + SECONDS * 1_000
      const delivered: string[] = []
      const run = running((signal) =>
        runSubscription<Tick>({
          name: 'everything',
          from: fromStart,
          events: ticks,
          batchSize: PAGE,
          maxPollInterval: 10,
          handle: ({ streamId, version }) =>
            TE.fromIO(() => void delivered.push(place(streamId, version))),
        })({ ...side, store }, { signal }),
      )
      const committed: string[] = []
      const seenByNaive = new Set<string>()
      const writers = Array.from({ length: WRITERS }, (_, n) => write(n, until, committed))
      let over = false
      const reading = naive(() => over, seenByNaive)
      await Promise.all(writers)
      over = true
      await reading
      const page = await right(side.store.locate({ _tag: 'End' }))
      await right(untilReached('everything', page, 60_000)(side))
      await run.stop()
      await unrelated.rollback().execute()

      expect(delivered.toSorted()).toEqual(committed.toSorted())
      const versions = new Map<string, number>()
      for (const one of delivered) {
        const [streamId = '', version] = one.split(':')
        expect(Number(version)).toBe((versions.get(streamId) ?? 0) + 1)
        versions.set(streamId, Number(version))
      }
      const missed = committed.filter((one) => !seenByNaive.has(one)).length
      process.stdout.write(
        `${committed.length} events; caught up ${caughtUp} times; the highest position misses ${missed}\n`,
      )
      expect(caughtUp).toBeGreaterThan(SECONDS)
      expect(missed).toBeGreaterThan(0)
    },
    (SECONDS + 90) * 1_000,
  )
})
