import { postgres } from '../../src/adapters/postgres/backend'
import type { EventStore } from '../../src/core/ports/event-store'
import { storeContract } from '../../src/testing/store-contract/contract'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'

describe.each(['prepared', 'unprepared'] as const)('with statements %s', (preparing) => {
  let database: MigratedDatabase<unknown>
  let store: EventStore
  let second: EventStore

  beforeAll(async () => {
    database = await migratedDatabase()
    store = postgres(database.connect(10, preparing)).store
    second = postgres(database.connect(10, preparing)).store
  })
  afterAll(() => database.close())

  storeContract({
    name: 'PostgreSQL',
    open: () => Promise.resolve({ store, second, close: () => Promise.resolve() }),
    describe,
    it,
  })
})
