import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import { Client } from 'pg'
import { postgres, type PostgresStore } from '../../../../src/adapters/postgres/backend'
import type { BoundaryQuery, Sight } from '../../../../src/core/boundary-query'
import type { BoundaryStore } from '../../../../src/core/ports/boundary-store'
import { blockedIn } from '../../../support/blocked'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { newEvent } from '../../../support/tally'

let database: MigratedDatabase<unknown>
let admin: Client
let db: Kysely<unknown>
let store: PostgresStore<unknown>
beforeAll(async () => {
  database = await migratedDatabase()
  db = database.connect()
  store = postgres(db).store
  admin = new Client({ connectionString: database.url })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await database.close()
})

const freshTags = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, () => `tag:${randomUUID()}`)

/** An append of an event with these tags to a stream of its own. */
const tagged = (...tags: ReadonlyArray<string>) => ({
  streamId: `order-${randomUUID()}`,
  expectedVersion: 0,
  events: [{ ...newEvent(), tags: tags.toSorted() }],
  commands: [],
})

const itemsOf = (...tags: ReadonlyArray<string>) =>
  tags.map((tag) => ({ tags: [tag] })) as unknown as BoundaryQuery

const sightOf = async (of: BoundaryStore, query: BoundaryQuery): Promise<Sight> =>
  (await right(of.readMatching(query, { limit: 100 }))).sight

const isBlocked = async (): Promise<boolean> => (await blockedIn(admin)) > 0

const countTagged = async (tag: string): Promise<number> =>
  (await right(store.readMatching(itemsOf(tag), { limit: 100 }))).events.length

describe('an append with tags, without a condition', () => {
  it.each(['commit', 'rollback'] as const)(
    'makes a condition about them wait until its transaction ends with a %s',
    async (end) => {
      const [tag = '', other = ''] = freshTags(2)
      const query = itemsOf(tag)
      const sight = await sightOf(store, query)
      const transaction = await db.startTransaction().execute()
      await right(store.inTransaction(transaction).append(tagged(tag, other)))
      const waiting = store.appendTogether({
        streams: [tagged(tag)],
        condition: { query, sight },
      })()
      await eventually(isBlocked)
      await transaction[end]().execute()
      const answer = await waiting
      if (end === 'rollback') expect(E.isRight(answer)).toBe(true)
      else expect(answer).toMatchObject({ left: { _tag: 'BoundaryConflict' } })
      expect(await countTagged(tag)).toBe(1)
    },
  )

  it('does not wait for others that have the same tags', async () => {
    const [tag = ''] = freshTags(1)
    const transaction = await db.startTransaction().execute()
    await right(store.inTransaction(transaction).append(tagged(tag)))
    await right(store.append(tagged(tag)))
    await transaction.commit().execute()
    expect(await countTagged(tag)).toBe(2)
  })

  it('runs inline projections, and is undone with them', async () => {
    const [tag = ''] = freshTags(1)
    for (const fails of [true, false]) {
      const project = () => (fails ? TE.left(new Error('no')) : TE.right(undefined))
      const projecting = postgres(db, { inline: [{ name: 'inline', project }] }).store
      expect((await projecting.append(tagged(tag))())._tag).toBe(fails ? 'Left' : 'Right')
      expect(await countTagged(tag)).toBe(fails ? 0 : 1)
    }
    const projecting = postgres(db, {
      inline: [{ name: 'inline', project: () => TE.right(undefined) }],
    }).store
    const condition = { query: itemsOf(tag), sight: { after: 0, count: 0 } }
    const request = { streams: [tagged(tag)], condition }
    expect(await left(projecting.appendTogether(request))).toMatchObject({
      _tag: 'BoundaryConflict',
    })
  })

  it('answers the version of its stream when it does not fit', async () => {
    const [tag = ''] = freshTags(1)
    const append = tagged(tag)
    await right(store.append(append))
    expect(await left(store.append(append))).toMatchObject({
      _tag: 'VersionConflict',
      streamId: append.streamId,
      expected: 0,
      actual: 1,
    })
  })

  it('has tags that nothing changes', async () => {
    await right(store.append(tagged('kept')))
    for (const statement of [
      `update reprise.event_tags set tag = 'changed'`,
      'delete from reprise.event_tags',
      'truncate reprise.event_tags',
    ]) {
      await expect(admin.query(statement)).rejects.toMatchObject({ code: '23001' })
    }
  })
})

describe('an append on a condition', () => {
  it('waits for nothing that concerns other tags', async () => {
    const [tag = '', other = ''] = freshTags(2)
    const transaction = await db.startTransaction().execute()
    const nothing = { after: 0, count: 0 }
    const inside = store.inTransaction(transaction)
    const streams = [tagged(tag)]
    await right(
      inside.appendTogether({ streams, condition: { query: itemsOf(tag), sight: nothing } }),
    )
    const condition = { query: itemsOf(other), sight: nothing }
    await right(store.appendTogether({ streams: [tagged(other)], condition }))
    await transaction.rollback().execute()
    expect([await countTagged(tag), await countTagged(other)]).toEqual([0, 1])
  })

  it('holds no reader back while it waits for a tag', async () => {
    const [tag = '', other = ''] = freshTags(2)
    const query = itemsOf(tag)
    const transaction = await db.startTransaction().execute()
    const looking = { ...tagged(tag), events: [] }
    const nothing = { after: 0, count: 0 }
    const inside = store.inTransaction(transaction)
    await right(inside.appendTogether({ streams: [looking], condition: { query, sight: nothing } }))
    const waiting = store.append(tagged(tag))()
    await eventually(isBlocked)
    const { positions } = await right(store.append(tagged(other)))
    const page = await right(store.readAll({ after: (positions[0] ?? 1) - 1, limit: 10 }))
    expect(page.events).toHaveLength(1)
    await transaction.commit().execute()
    expect(E.isRight(await waiting)).toBe(true)
  })

  it('does not look at the locks of others, and nor does the read before it: they may be many', async () => {
    const [tag = ''] = freshTags(1)
    const query = itemsOf(tag)
    const knowing = postgres(db).store
    await right(knowing.append(tagged(tag)))
    const now = jest.spyOn(performance, 'now').mockReturnValue(performance.now())
    await right(knowing.readMatching(query, { limit: 10 })) // a horizon is known, for a second
    const { rows } = await admin.query<{ text: string }>(
      `select pg_get_functiondef('reprise.announced'::regproc) as text`,
    )
    await admin.query(`create or replace function reprise.announced()
      returns table (pid integer, prepared text, "position" bigint)
      language plpgsql as $$ begin raise exception 'the locks are looked at'; end $$`)
    try {
      const read = await right(knowing.readMatching(query, { limit: 10 }))
      const condition = { query, sight: read.sight }
      await right(knowing.appendTogether({ streams: [tagged(tag)], condition }))
      const { readAll } = postgres(database.connect(1)).store // on a session that knows no horizon
      expect((await left(readAll({ after: 0, limit: 1 }))).message).toContain('looked at')
    } finally {
      now.mockRestore()
      await admin.query(rows[0]?.text ?? '')
    }
    expect(await countTagged(tag)).toBe(2)
  })

  it("leaves the caller's transaction usable when it does not hold", async () => {
    const [tag = ''] = freshTags(1)
    const query = itemsOf(tag)
    await right(store.append(tagged(tag)))
    await db.transaction().execute(async (transaction) => {
      const inside = store.inTransaction(transaction)
      const request = (sight: Sight) => ({ streams: [tagged(tag)], condition: { query, sight } })
      expect(await left(inside.appendTogether(request({ after: 0, count: 0 })))).toMatchObject({
        _tag: 'BoundaryConflict',
      })
      const { sight } = await right(inside.appendTogether(request(await sightOf(inside, query))))
      await right(inside.appendTogether(request(sight ?? { after: 0, count: 0 })))
    })
    expect(await countTagged(tag)).toBe(3)
  })

  it.each(['repeatable read', 'serializable'] as const)(
    'is refused in a transaction that is %s, and so is the read',
    async (level) => {
      const [tag = ''] = freshTags(1)
      const query = itemsOf(tag)
      const transaction = await db.startTransaction().setIsolationLevel(level).execute()
      const inside = store.inTransaction(transaction)
      expect(await left(inside.readMatching(query, { limit: 1 }))).toMatchObject({
        _tag: 'StoreFailed',
        reason: 'WrongIsolation',
      })
      await transaction.rollback().execute()
      const other = await db.startTransaction().setIsolationLevel(level).execute()
      const condition = { query, sight: { after: 0, count: 0 } }
      const request = { streams: [tagged(tag)], condition }
      expect(await left(store.inTransaction(other).appendTogether(request))).toMatchObject({
        _tag: 'StoreFailed',
        reason: 'WrongIsolation',
        outcome: 'nothingWritten',
      })
      await other.rollback().execute()
    },
  )
})

describe('what matches, while a transaction with a lower position is still open', () => {
  it('is told apart from what comes to light later: a highest position would not do', async () => {
    const [one = '', other = ''] = freshTags(2)
    const query = itemsOf(one, other)
    const transaction = await db.startTransaction().execute()
    await right(store.inTransaction(transaction).append(tagged(one)))
    await right(store.append(tagged(other)))
    const { events, sight } = await right(store.readMatching(query, { limit: 100 }))
    expect(events).toHaveLength(1)
    await transaction.commit().execute()
    const appending = (seen: Sight) =>
      store.appendTogether({ streams: [tagged()], condition: { query, sight: seen } })
    expect(await left(appending(sight))).toMatchObject({ _tag: 'BoundaryConflict' })
    // The naive way: it holds, although an event was missed.
    await right(appending({ after: events[0]?.position ?? 0, count: 0 }))
  })

  it('includes the newest, so that a decision goes on: one up to the horizon would not', async () => {
    const [tag = ''] = freshTags(1)
    const query = itemsOf(tag)
    const stranger = await db.startTransaction().execute()
    await right(store.inTransaction(stranger).append(tagged(...freshTags(1))))
    const { upTo } = await right(store.readAll({ after: 0, limit: 1_000 }))
    const appending = (sight: Sight) =>
      store.appendTogether({ streams: [tagged(tag)], condition: { query, sight } })
    for (const _ of [1, 2, 3]) await right(appending(await sightOf(store, query)))
    // The naive way: it is lost as long as the stranger does not end.
    for (const _ of [1, 2]) {
      expect(await left(appending({ after: upTo, count: 0 }))).toMatchObject({
        _tag: 'BoundaryConflict',
      })
    }
    await stranger.rollback().execute()
    expect(await countTagged(tag)).toBe(3)
  })

  it('comes in pages up to the horizon, and all at once above it', async () => {
    const [tag = ''] = freshTags(1)
    const query = itemsOf(tag)
    for (const _ of [1, 2, 3]) await right(store.append(tagged(tag)))
    const stranger = await db.startTransaction().execute()
    await right(store.inTransaction(stranger).append(tagged(...freshTags(1))))
    for (const _ of [4, 5, 6]) await right(store.append(tagged(tag)))
    const reader = postgres(db).store // one that knows no horizon yet
    const first = await right(reader.readMatching(query, { limit: 2 }))
    expect([first.events.length, first.more, first.sight.count]).toEqual([2, true, 0])
    const rest = await right(reader.readMatching(query, { limit: 2, sight: first.sight }))
    expect([rest.events.length, rest.more, rest.sight.count]).toEqual([4, false, 3])
    await stranger.rollback().execute()
  })
})
