import { PGlite } from '@electric-sql/pglite'
import { CompiledQuery, type Kysely } from 'kysely'
import { migrate } from '../../../../src/adapters/postgres/schema/migrate'
import { connectPglite } from '../../../../src/adapters/postgres/connection/pglite'
import { type PostgresStore, postgres } from '../../../../src/adapters/postgres/backend'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'

let db: Kysely<unknown>
let store: PostgresStore<unknown>
beforeAll(async () => {
  db = connectPglite<unknown>(new PGlite())
  await right(migrate(db, 'Embedded "one"'))
  store = postgres(db, { schema: 'Embedded "one"' }).store
}, 120_000)
afterAll(() => db.destroy())

describe('an embedded PostgreSQL', () => {
  it('appends, reads and rejects as a server does', async () => {
    await right(store.append(appending('counter-1', 3)))
    const late = { ...appending('counter-1'), expectedVersion: 1 }
    expect(await left(store.append(late))).toMatchObject({ _tag: 'VersionConflict', actual: 3 })
    const { events, upTo } = await right(store.readAll({ after: 0, limit: 10 }))
    expect({ versions: events.map(({ version }) => version), upTo }).toEqual({
      versions: [1, 2, 3],
      upTo: 3,
    })
  })

  it('lets transactions follow one another, each whole', async () => {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        db.transaction().execute(async (transaction) => {
          const inside = store.inTransaction(transaction)
          await right(inside.append(appending('counter-turns')))
          await right(inside.append(appending(`counter-turn${n}`)))
        }),
      ),
    )
    const { events } = await right(store.read('counter-turns', { after: 0, limit: 99 }))
    expect(events).toHaveLength(10)
  })

  it('continues after a statement has failed, also inside a transaction', async () => {
    await expect(db.executeQuery(CompiledQuery.raw('select 1/0'))).rejects.toThrow('division')
    const transaction = db.transaction().execute(async (inside) => {
      await right(store.inTransaction(inside).append(appending('counter-failed')))
      await inside.executeQuery(CompiledQuery.raw('select 1/0'))
    })
    await expect(transaction).rejects.toThrow('division')
    expect((await right(store.read('counter-failed', { after: 0, limit: 1 }))).events).toEqual([])
  })

  it('says which command to run when it was never migrated', async () => {
    const absent = postgres(db, { schema: 'absent' }).store
    expect(await left(absent.append(appending('counter-1')))).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'NotMigrated',
      outcome: 'nothingWritten',
    })
  })

  it('rejects to change an event', async () => {
    const statement = CompiledQuery.raw('delete from "Embedded ""one""".events')
    await expect(db.executeQuery(statement)).rejects.toThrow('events are immutable')
  })
})
