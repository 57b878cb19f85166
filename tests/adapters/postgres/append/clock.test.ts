import { sql } from 'kysely'
import { postgres, type PostgresBackend } from '../../../../src/adapters/postgres/backend'
import type { AppendRequest } from '../../../../src/core/append'
import { migratedDatabase, type MigratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'
import { freshId } from '../../../support/stores'
import { appending } from '../../../support/tally'

let database: MigratedDatabase<unknown>
let backend: PostgresBackend<unknown>
beforeAll(async () => {
  database = await migratedDatabase()
  backend = postgres(database.connect())
})
afterAll(async () => {
  await backend.close()
  await database.close()
})

const HOUR = 3_600_000

/** A stream with one event, after which the server's clock was set back by an hour: to its append that is the same. */
const afterTheClock = async (): Promise<readonly [string, number]> => {
  const id = `counter-${freshId()}`
  await right(backend.store.append(appending(id)))
  await backend.db.transaction().execute(async (transaction) => {
    await sql`select set_config('reprise.maintenance', 'on', true)`.execute(transaction)
    await sql`update reprise.events set recorded_at = recorded_at + interval '1 hour'
      where stream_id = ${id}`.execute(transaction)
  })
  const { events } = await right(backend.store.load({ streamId: id, after: 0, limit: 10 }))
  return [id, events[0]?.recordedAt ?? 0]
}

const marked = (request: AppendRequest): AppendRequest => ({
  ...request,
  commands: [{ commandId: freshId(), skip: 0, eventCount: request.events.length }],
})

describe("an append after the server's clock was set back", () => {
  const at = (id: string, events: number): AppendRequest => ({
    ...appending(id, events),
    expectedVersion: 1,
  })
  const ways: ReadonlyArray<readonly [string, (id: string) => ReadonlyArray<AppendRequest>]> = [
    ['one event', (id) => [at(id, 1)]],
    ['one event of a command', (id) => [marked(at(id, 1))]],
    ['several events', (id) => [at(id, 3)]],
    ['several events of a command', (id) => [marked(at(id, 2))]],
    [
      'events beside those of other streams',
      (id) => [at(id, 2), appending(`counter-${freshId()}`)],
    ],
  ]

  it.each(ways)('records %s at the time of the event before', async (_way, requestsFor) => {
    const [id, before] = await afterTheClock()
    expect(before).toBeGreaterThan(Date.now() + HOUR / 2)
    const requests = requestsFor(id)
    const appended = await Promise.all(requests.map((one) => right(backend.store.append(one))))
    expect(appended[0]?.recordedAt).toBe(before)
    const { events } = await right(backend.store.load({ streamId: id, after: 0, limit: 10 }))
    expect(new Set(events.map(({ recordedAt }) => recordedAt))).toEqual(new Set([before]))
    // Another stream goes by the clock.
    if (appended[1] !== undefined) expect(appended[1].recordedAt).toBeLessThan(before)
  })

  it('records what is appended together, and what met another writer, not before it', async () => {
    const [[one, first], [other]] = [await afterTheClock(), await afterTheClock()]
    const streams = [appending(one), appending(other), appending(`counter-${freshId()}`)]
    const together = await right(backend.store.appendTogether({ streams }))
    for (const { recordedAt } of together.streams) expect(recordedAt).toBeGreaterThanOrEqual(first)
    const again = Array.from({ length: 5 }, () => right(backend.store.append(appending(one))))
    const times = (await Promise.all(again)).map(({ recordedAt }) => recordedAt)
    const { events } = await right(backend.store.load({ streamId: one, after: 0, limit: 10 }))
    const stored = events.map(({ recordedAt }) => recordedAt)
    expect(stored).toEqual(stored.toSorted((left, right_) => left - right_))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(first)
  })
})
