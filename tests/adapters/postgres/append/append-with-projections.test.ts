import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from 'kysely'
import { Client, Pool } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import type { InlineProjection } from '../../../../src/core/ports/inline-projection'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'

interface Names {
  readonly names: { readonly name: string }
}
type Projection = InlineProjection<Transaction<Names>>

let database: MigratedDatabase<Names>
let admin: Client
let db: Kysely<Names>
beforeAll(async () => {
  database = await migratedDatabase<Names>()
  db = database.connect(2) // a connection that is not given back is soon missed
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  await admin.query(`create table names (name text primary key deferrable initially immediate)`)
})
afterAll(async () => {
  await admin.end()
  await database.close()
})

const taking: Projection = {
  name: 'names',
  project: (events, transaction) =>
    TE.tryCatch(
      async () => {
        const rows = events.map(({ streamId }) => ({ name: streamId }))
        await transaction.insertInto('names').values(rows).execute()
      },
      (error) => error,
    ),
}
const saying = (statement: string): Projection => ({
  name: 'saying',
  project: (_events, transaction) => async () => {
    await transaction.executeQuery(CompiledQuery.raw(statement))
    return E.right(undefined)
  },
})
const swallowing: Projection = {
  name: 'swallowing',
  project: (_events, transaction) => async () => {
    await transaction.executeQuery(CompiledQuery.raw('select 1/0')).catch(() => undefined)
    return E.right(undefined)
  },
}
const throwing: Projection = {
  name: 'throwing',
  project: () => {
    throw new Error('a defect')
  },
}
const refusing: Projection = { name: 'refusing', project: () => TE.left('the name is taken') }

const storeWith = (...projections: ReadonlyArray<Projection>) =>
  postgres(db, { inline: projections }).store

const isStored = async (streamId: string): Promise<boolean> =>
  (await right(storeWith().read(streamId, { after: 0, limit: 1 }))).events.length > 0
const isTaken = async (name: string): Promise<boolean> =>
  (await db.selectFrom('names').where('name', '=', name).selectAll().execute()).length > 0

const failing = [
  ['refuses', refusing, 'refusing'],
  ['throws', throwing, 'throwing'],
  ['rejects', saying('select 1/0'), 'saying'],
  ['hides a failed statement', swallowing, 'swallowing'],
] as const

describe('an inline projection', () => {
  it('is stored with the events', async () => {
    await right(storeWith(taking).append(appending('name-kept')))
    expect([await isStored('name-kept'), await isTaken('name-kept')]).toEqual([true, true])
  })

  it.each(failing)('undoes the append when it %s', async (_how, projection, name) => {
    const store = storeWith(taking, projection)
    for (let attempt = 0; attempt < 5; attempt++) {
      const error = await left(store.append(appending('name-undone')))
      expect(error).toMatchObject({ _tag: 'ProjectionFailed' })
      expect(error.message).toContain(name)
    }
    expect([await isStored('name-undone'), await isTaken('name-undone')]).toEqual([false, false])
  })

  it.each(failing)(
    "undoes the append in the caller's transaction, which goes on, when it %s",
    async (how, projection, name) => {
      const streamId = `name-${how.replaceAll(' ', '-')}`
      await db.transaction().execute(async (transaction) => {
        const inside = storeWith(taking, projection).inTransaction(transaction)
        const error = await left(inside.append(appending(streamId)))
        expect(error).toMatchObject({ _tag: 'ProjectionFailed' })
        expect(error.message).toContain(name)
        await transaction
          .insertInto('names')
          .values({ name: `after ${how}` })
          .execute()
      })
      expect([await isStored(streamId), await isTaken(streamId)]).toEqual([false, false])
      expect(await isTaken(`after ${how}`)).toBe(true)
    },
  )

  it('returns its connection when COMMIT fails', async () => {
    const store = storeWith(
      saying(`set constraints all deferred`),
      saying(`insert into names values ('late')`),
      saying(`insert into names values ('late')`),
    )
    for (let attempt = 0; attempt < 5; attempt++) {
      const error = await left(store.append(appending('name-late')))
      expect(error).toMatchObject({ _tag: 'StoreFailed', outcome: 'nothingWritten' })
    }
    expect([await isStored('name-late'), await isTaken('late')]).toEqual([false, false])
  })

  it('is not called when the append meets a conflict', async () => {
    await right(storeWith().append(appending('name-there')))
    const request = { ...appending('name-there'), expectedVersion: 0 }
    expect(await left(storeWith(taking).append(request))).toMatchObject({ _tag: 'VersionConflict' })
    expect(await isTaken('name-there')).toBe(false)
  })

  it('sees events as they are stored', async () => {
    const seen: unknown[] = []
    const watching: Projection = {
      name: 'watching',
      project: (events) => async () => {
        seen.push(...events)
        return E.right(undefined)
      },
    }
    await right(storeWith(watching).append(appending('name-seen', 3)))
    const { events } = await right(storeWith().read('name-seen', { after: 0, limit: 9 }))
    expect(seen).toEqual(events)
  })
})

it("a failure that a projection hides is found through the application's own Kysely too", async () => {
  const pool = new Pool({ connectionString: database.url, max: 1 })
  const own = new Kysely<Names>({ dialect: new PostgresDialect({ pool }) })
  const store = postgres(own, { inline: [swallowing] }).store
  const error = await left(store.append(appending('name-own')))
  expect(error).toMatchObject({ _tag: 'ProjectionFailed', projection: 'swallowing' })
  expect(await isStored('name-own')).toBe(false)
  await own.destroy()
})

it('an append with a projection that is overtaken while it is stored is decided by what is there', async () => {
  await admin.query(`select pg_advisory_lock(77)`)
  await admin.query(`
    create function wait_in_line() returns trigger language plpgsql as $$
    begin
      if new.stream_id = 'name-line' then perform pg_advisory_xact_lock_shared(77); end if;
      return new;
    end $$;
    create trigger line before insert on reprise.events for each row execute function wait_in_line()`)
  const both = [1, 2].map(() =>
    storeWith(taking).append({ ...appending('name-line'), expectedVersion: 0 })(),
  )
  await eventually(async () => {
    const { rows } = await admin.query('select from pg_locks where objid = 77 and not granted')
    return rows.length === 2
  })
  await admin.query(`select pg_advisory_unlock(77)`)
  const answers = await Promise.all(both)
  await admin.query(`drop trigger line on reprise.events`)
  expect(answers.filter(E.isRight)).toHaveLength(1)
  expect(answers.find(E.isLeft)).toMatchObject({ left: { _tag: 'VersionConflict', actual: 1 } })
  expect(await isTaken('name-line')).toBe(true)
})

it.each([
  ['a deadlock', '40P01'],
  ['a serialization failure', '40001'],
])('a projection that fails by %s can be tried again: nothing is stored', async (_what, code) => {
  const losing = saying(`do $$ begin raise exception 'lost' using errcode = '${code}'; end $$`)
  const streamId = `names-${code}`
  expect(await left(storeWith(losing).append(appending(streamId)))).toMatchObject({
    _tag: 'StoreFailed',
    reason: 'TransactionRefused',
    outcome: 'nothingWritten',
  })
  expect(await isStored(streamId)).toBe(false)
})
