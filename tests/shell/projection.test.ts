import { memoryDocuments } from '../../src/adapters/memory/documents'
import { memoryProjections } from '../../src/adapters/memory/read-models'
import { memoryStore } from '../../src/adapters/memory/store'
import { memorySubscriptions } from '../../src/adapters/memory/subscription-store'
import { postgresStore } from '../../src/postgres'
import { postgresReadSide } from '../support/postgres-read-side'
import { projectionSuite } from './projection.suite'

describe('projections, in memory', () => {
  projectionSuite(async () => {
    const documents = memoryDocuments()
    let store = memoryStore()
    return {
      get store() {
        return store
      },
      storeWith: (projections) => {
        store = memoryStore({ projections, documents })
        return store
      },
      subscriptions: memorySubscriptions(documents),
      projections: memoryProjections(documents),
      close: async () => undefined,
    }
  })
})

describe('projections, in PostgreSQL', () => {
  projectionSuite(async () => {
    const side = await postgresReadSide()
    return {
      ...side,
      storeWith: (projections) => postgresStore(side.db, { projections }),
    }
  })
})
