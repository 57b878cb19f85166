import { memoryDocuments } from '../../../src/adapters/memory/documents'
import { memoryProjections } from '../../../src/adapters/memory/read-models'
import { memorySubscriptions } from '../../../src/adapters/memory/subscription-store'
import { projectionStoreContract } from '../../contracts/projection-store.contract'
import { subscriptionStoreContract } from '../../contracts/subscription-store.contract'

const memoryReadSide = async () => {
  const documents = memoryDocuments()
  return {
    subscriptions: memorySubscriptions(documents),
    projections: memoryProjections(documents),
    close: async () => undefined,
  }
}

describe('memorySubscriptions', () => {
  subscriptionStoreContract(memoryReadSide)
})

describe('memoryProjections', () => {
  projectionStoreContract(memoryReadSide)
})
