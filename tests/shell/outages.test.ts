import { memoryDocuments } from '../../src/adapters/memory/documents'
import { memoryProjections } from '../../src/adapters/memory/read-models'
import { memoryStore } from '../../src/adapters/memory/store'
import { memorySubscriptions } from '../../src/adapters/memory/subscription-store'
import { postgresReadSide } from '../support/postgres-read-side'
import { outagesSuite } from './outages.suite'

describe('a subscription, in memory', () => {
  outagesSuite(async () => {
    const documents = memoryDocuments()
    return {
      store: memoryStore(),
      subscriptions: memorySubscriptions(documents),
      projections: memoryProjections(documents),
      close: async () => undefined,
    }
  })
})

describe('a subscription, in PostgreSQL', () => {
  outagesSuite(postgresReadSide)
})
