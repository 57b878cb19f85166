import { memoryDocuments } from '../../src/adapters/memory/documents'
import { memoryOperator } from '../../src/adapters/memory/operator'
import { memoryProjections } from '../../src/adapters/memory/read-models'
import { memoryStore } from '../../src/adapters/memory/store'
import { memorySubscriptions } from '../../src/adapters/memory/subscription-store'
import { postgresReadSide } from '../support/postgres-read-side'
import { subscribeSuite } from './subscribe.suite'

describe('subscribe, in memory', () => {
  subscribeSuite(async () => {
    const documents = memoryDocuments()
    const store = memoryStore()
    return {
      store,
      subscriptions: memorySubscriptions(documents),
      projections: memoryProjections(documents),
      operator: memoryOperator({ store, documents }),
      close: async () => undefined,
    }
  })
})

describe('subscribe, in PostgreSQL', () => {
  subscribeSuite(postgresReadSide)
})
