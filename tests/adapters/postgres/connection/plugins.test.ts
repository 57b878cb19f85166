import { CamelCasePlugin } from 'kysely'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'
import { appending, newEvent } from '../../../support/tally'

interface Application {
  readonly userNames: { readonly fullName: string }
}

let database: MigratedDatabase<Application>
beforeAll(async () => {
  database = await migratedDatabase<Application>()
})
afterAll(() => database.close())

describe("a caller's Kysely with CamelCasePlugin", () => {
  it('is a store that changes no key, outside and inside a transaction', async () => {
    const db = database.connect().withPlugin(new CamelCasePlugin())
    await db.schema.createTable('userNames').addColumn('fullName', 'text').execute()
    const store = postgres(db).store
    const data = { snake_case: 1, camelCase: { under_score: 2 } }
    const events = [newEvent('snake_type', data)]
    await right(store.append({ ...appending('plugin-1'), events }))
    await db.transaction().execute(async (transaction) => {
      await transaction.insertInto('userNames').values({ fullName: 'Ada' }).execute()
      const inside = store.inTransaction(transaction)
      await right(
        inside.append({ ...appending('plugin-1'), events: [newEvent('snake_type', data)] }),
      )
      expect((await right(inside.read('plugin-1', { after: 1, limit: 1 }))).events).toMatchObject([
        { version: 2, type: 'snake_type', data },
      ])
    })
    const { events: loaded } = await right(store.load({ streamId: 'plugin-1', after: 0, limit: 9 }))
    expect(loaded.map((event) => event.data)).toEqual([data, data])
    expect((await right(store.readAll({ after: 0, limit: 9 }))).events).toMatchObject([
      { data },
      { data },
    ])
    expect(await right(store.streams({ after: '', limit: 9 }))).toMatchObject([
      { streamId: 'plugin-1', version: 2 },
    ])
    expect(await db.selectFrom('userNames').selectAll().execute()).toEqual([{ fullName: 'Ada' }])
  })
})
