import { postgresStore } from '../../src/adapters/postgres/postgres-store'
import type { EventStore } from '../../src/core/ports/event-store'
import { storeContract } from '../../src/testing/store-contract/contract'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'

describe.each(['prepared', 'unprepared'] as const)('with statements %s', (preparing) => {
  let database: MigratedDatabase<unknown>
  let store: EventStore
  let second: EventStore

  beforeAll(async () => {
    database = await migratedDatabase()
    store = postgresStore(database.connect(10, preparing))
    second = postgresStore(database.connect(10, preparing))
  })
  afterAll(() => database.close())

  storeContract({
    name: 'PostgreSQL',
    open: () => Promise.resolve({ store, second, close: () => Promise.resolve() }),
    describe,
    it,
  })
})
