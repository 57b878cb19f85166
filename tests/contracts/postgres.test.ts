import * as E from 'fp-ts/Either'
import type { Kysely } from 'kysely'
import { postgres, type PostgresStore } from '../../src/adapters/postgres/backend'
import { appendHooks } from '../../src/core/ports/append-hooks'
import type { BoundaryStore } from '../../src/core/ports/boundary-store'
import type { EventStore } from '../../src/core/ports/event-store'
import { boundaryStoreContract } from '../../src/testing/store-contract/boundary-contract'
import { storeContract } from '../../src/testing/store-contract/contract'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'

describe.each(['prepared', 'unprepared'] as const)('with statements %s', (preparing) => {
  let database: MigratedDatabase<unknown>
  let store: PostgresStore<unknown>
  let second: PostgresStore<unknown>

  beforeAll(async () => {
    database = await migratedDatabase()
    store = postgres(database.connect(10, preparing)).store
    second = postgres(database.connect(10, preparing)).store
  })
  afterAll(() => database.close())

  const subject = {
    name: 'PostgreSQL',
    open: () => Promise.resolve({ store, second, close: () => Promise.resolve() }),
    describe,
    it,
  }
  storeContract(subject)
  boundaryStoreContract(subject)
})

describe("in the caller's own transactions", () => {
  let database: MigratedDatabase<unknown>
  const stores: Array<EventStore & BoundaryStore> = []

  /** Every append to several streams in a transaction of its own that the caller begins and ends. */
  const inTransactions = (db: Kysely<unknown>): EventStore & BoundaryStore => {
    const { store } = postgres(db)
    const { afterAppend, hooked } = appendHooks(setImmediate)
    return {
      ...store,
      // The store does not see the commits of these transactions; it sees all others.
      afterAppend: (hook) => {
        const stops = [afterAppend(hook), store.afterAppend(hook)]
        return () => {
          for (const stop of stops) stop()
        }
      },
      appendTogether: (request) => {
        // The transaction begins later than the call: the caller may have changed its data by then.
        const streams = request.streams.map((append) => ({
          ...append,
          events: append.events.map((event) => ({ ...event, data: { ...event.data } })),
        }))
        const append = async () => {
          const transaction = await db.startTransaction().execute()
          const inside = store.inTransaction(transaction)
          const answer = await inside.appendTogether({ ...request, streams })()
          await (E.isRight(answer) ? transaction.commit() : transaction.rollback()).execute()
          return answer
        }
        return hooked(streams, append, (appended) => appended.streams)
      },
    }
  }

  beforeAll(async () => {
    database = await migratedDatabase()
    stores.push(inTransactions(database.connect()), inTransactions(database.connect()))
  })
  afterAll(() => database.close())

  boundaryStoreContract({
    name: 'PostgreSQL',
    open: () => {
      const [store, second] = stores as [EventStore & BoundaryStore, EventStore & BoundaryStore]
      return Promise.resolve({ store, second, close: () => Promise.resolve() })
    },
    describe,
    it,
  })
})
