import type { Transaction } from 'kysely'
import { memoryDocuments, type MemoryTransaction } from '../../src/adapters/memory/documents'
import { memoryOperator } from '../../src/adapters/memory/operator'
import { memoryProjections } from '../../src/adapters/memory/read-models'
import { memoryStore } from '../../src/adapters/memory/store'
import { memorySubscriptions } from '../../src/adapters/memory/subscription-store'
import { postgresStore } from '../../src/postgres'
import { type NoTables, postgresReadSide } from '../support/postgres-read-side'
import { projectionSuite, type ProjectionsUnderTest } from './projection.suite'
import { rebuildSuite } from './rebuild.suite'

const inMemory = async (): Promise<ProjectionsUnderTest<MemoryTransaction>> => {
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
    operator: memoryOperator({ store, documents }),
    close: async () => undefined,
  }
}

const inPostgres = async (): Promise<ProjectionsUnderTest<Transaction<NoTables>>> => {
  const side = await postgresReadSide()
  return { ...side, storeWith: (projections) => postgresStore(side.db, { projections }) }
}

describe('projections, in memory', () => {
  projectionSuite(inMemory)
  rebuildSuite(inMemory)
})

describe('projections, in PostgreSQL', () => {
  projectionSuite(inPostgres)
  rebuildSuite(inPostgres)
})
