import { memoryDocuments } from '../../src/adapters/memory/documents'
import { memoryOperator } from '../../src/adapters/memory/operator'
import { memoryProjections } from '../../src/adapters/memory/read-models'
import { memoryRequests } from '../../src/adapters/memory/request-store'
import { memoryStore } from '../../src/adapters/memory/store'
import { memorySubscriptions } from '../../src/adapters/memory/subscription-store'
import { postgresRequests } from '../../src/adapters/postgres/outbox/outbox-store'
import { postgresReadSide } from '../support/postgres-read-side'
import { processSuite } from './process.suite'

describe('process managers, in memory', () => {
  processSuite(async () => {
    const documents = memoryDocuments()
    const store = memoryStore()
    return {
      store,
      subscriptions: memorySubscriptions(documents),
      projections: memoryProjections(documents),
      requests: memoryRequests(documents),
      operator: memoryOperator({ store, documents }),
      close: async () => undefined,
    }
  })
})

describe('process managers, in PostgreSQL', () => {
  processSuite(async () => {
    const side = await postgresReadSide()
    return { ...side, requests: postgresRequests(side.db) }
  })
})
