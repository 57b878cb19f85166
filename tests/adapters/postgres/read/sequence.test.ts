import * as E from 'fp-ts/Either'
import { CompiledQuery, type Kysely } from 'kysely'
import { Client, Pool } from 'pg'
import { connectPool } from '../../../../src/adapters/postgres/connection/pool'
import { postgres, type PostgresStore } from '../../../../src/adapters/postgres/backend'
import { migrate } from '../../../../src/adapters/postgres/schema/migrate'
import type { AppendRequest } from '../../../../src/core/append'
import { fromEnd, fromTime } from '../../../../src/core/subscription-start'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { onServer, startServer } from '../../../support/servers'
import { appending } from '../../../support/tally'
import { until } from '../../../support/until'

const expecting = (request: AppendRequest): AppendRequest => ({
  ...request,
  expectedVersion: 'mustNotExist',
})
const marked = (request: AppendRequest): AppendRequest => ({
  ...request,
  commands: [{ commandId: 'once', skip: 0, eventCount: request.events.length }],
})

describe('a sequence behind the rows', () => {
  let database: MigratedDatabase<unknown>
  let db: Kysely<unknown>
  const schema = 'reprise'
  const say = (text: string) => db.executeQuery<{ count: number }>(CompiledQuery.raw(text))
  const stored = async (): Promise<number> =>
    (
      await say(`select (select count(*) from reprise.events)::integer
        + (select count(*) from reprise.commands)::integer as count`)
    ).rows[0]?.count ?? 0
  beforeAll(async () => {
    database = await migratedDatabase()
    db = database.connect()
    await right(postgres(db).store.append(appending('counter-before')))
    // As logical replication, or COPY of a part, leaves it: rows 1, 2, 3, 6, 7, and a sequence that starts anew.
    await say(`insert into reprise.events overriding system value
      select position, 'copied-' || position, 1, gen_random_uuid(), 'Added', 1, now(), '{"by":1}', '{}'
      from unnest(array[2, 3, 6, 7]) position`)
    await say('alter sequence reprise.events_position_seq restart')
  })
  afterAll(() => database.close())

  const refusal = {
    _tag: 'StoreFailed',
    reason: 'SequenceBehind',
    outcome: 'nothingWritten',
    message: expect.stringContaining('setval'),
  }
  const shapes: ReadonlyArray<readonly [string, ReadonlyArray<AppendRequest>]> = [
    ['one event', [expecting(appending('counter-1'))]],
    ['one event, whatever the version', [appending('counter-1')]],
    ['one event and its command', [marked(appending('counter-1'))]],
    ['many events', [appending('counter-1', 3)]],
    ['many events and their command', [marked(appending('counter-1', 3))]],
    ['no event but a command', [marked(appending('counter-1', 0))]],
    ['single events', ['a-1', 'b-1', 'c-1'].map((id) => expecting(appending(id)))],
    ['many events of many streams', ['a-1', 'b-1', 'c-1'].map((id) => appending(id, 2))],
    ['commands of many streams', ['a-1', 'b-1', 'c-1'].map((id) => marked(appending(id, 2)))],
  ]

  it.each(shapes)('rejects an append of %s, and stores nothing of it', async (_name, requests) => {
    const before = await stored()
    const store = postgres(db).store
    const answers = await Promise.all(requests.map((request) => store.append(request)()))
    for (const answer of answers) expect(answer).toMatchObject(E.left(refusal))
    expect(await stored()).toBe(before)
  })

  it('rejects an append in a transaction, and one with a projection', async () => {
    const inside = await db.startTransaction().execute()
    expect(
      await left(postgres(db).store.inTransaction(inside).append(appending('counter-1'))),
    ).toMatchObject(refusal)
    await inside.rollback().execute()
    const projecting = postgres(db, {
      inline: [{ name: 'idle', project: () => async () => E.right(undefined) }],
    }).store
    expect(await left(projecting.append(appending('counter-1')))).toMatchObject(refusal)
  })

  it('rejects to say how far the store can be read, and to migrate', async () => {
    const store = postgres(db).store
    expect(await left(store.readAll({ after: 0, limit: 9 }))).toMatchObject(refusal)
    expect(await left(store.locate(fromEnd))).toMatchObject(refusal)
    expect(await left(store.locate(fromTime(0)))).toMatchObject(refusal)
    expect(await left(migrate(db, schema))).toMatchObject(refusal)
  })

  it('continues after the sequence is set as advised, above all that is stored', async () => {
    await say(
      `select setval('reprise.events_position_seq', (select max(position) from reprise.events))`,
    )
    const store = postgres(db).store
    const { positions } = await right(store.append(appending('counter-1', 2)))
    expect(positions).toEqual([8, 9])
    const page = await right(store.readAll({ after: 0, limit: 99 }))
    expect(page.events.map(({ position }) => position)).toEqual([1, 2, 3, 6, 7, 8, 9])
  })
})

/** Draws positions in a transaction that is rolled back. */
const drawInVain = async (
  db: Kysely<unknown>,
  store: PostgresStore<unknown>,
  events: number,
): Promise<void> => {
  const transaction = await db.startTransaction().execute()
  await right(store.inTransaction(transaction).append(appending('vain-1', events)))
  await transaction.rollback().execute()
}

describe('positions that were drawn for nothing', () => {
  it('are not called safe, and a crash that gives them again hides no event', async () => {
    // Nothing but commits writes the log out.
    const server = await startServer('wal_writer_delay=10s')
    const connect = () => connectPool<unknown>(new Pool({ connectionString: server.url, max: 4 }))
    let db = connect()
    try {
      await right(migrate(db))
      let store = postgres(db).store
      await right(store.append(appending('counter-1', 33)))
      await drawInVain(db, store, 28)
      const before = await right(store.readAll({ after: 0, limit: 99 }))
      expect(before).toMatchObject({ upTo: 33, highest: 33, more: false })
      expect(await right(store.locate(fromEnd))).toBe(33)

      const client = new Client({ connectionString: server.url })
      client.on('error', () => undefined)
      await client.connect()
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      process.kill(rows[0]!.pid, 'SIGKILL') // the server ends all its sessions, and recovers
      await client.end().catch(() => undefined)
      await db.destroy()
      await until(() =>
        onServer(server.url, 'select 1').then(
          () => true,
          () => undefined,
        ),
      )

      db = connect()
      store = postgres(db).store
      const { positions } = await right(store.append(appending('counter-2')))
      expect(positions).toEqual([34]) // given once more
      const after = await right(store.readAll({ after: before.upTo, limit: 99 }))
      expect(after.events.map(({ streamId }) => streamId)).toEqual(['counter-2'])
    } finally {
      await db.destroy().catch(() => undefined)
      await server.stop()
    }
  }, 60_000)

  it('let a reader continue as soon as there is an event above them', async () => {
    const database = await migratedDatabase()
    const db = database.connect()
    const store = postgres(db).store
    await right(store.append(appending('counter-1')))
    await drawInVain(db, store, 5)
    expect((await right(store.readAll({ after: 0, limit: 9 }))).upTo).toBe(1)
    await right(store.append(appending('counter-1')))
    expect(await right(store.readAll({ after: 1, limit: 9 }))).toMatchObject({
      upTo: 7,
      more: false,
    })
    await database.close()
  })
})
