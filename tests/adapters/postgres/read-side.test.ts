import { projectionStoreContract } from '../../contracts/projection-store.contract'
import { subscriptionStoreContract } from '../../contracts/subscription-store.contract'
import { postgresReadSide } from '../../support/postgres-read-side'

describe('postgresSubscriptions', () => {
  subscriptionStoreContract(postgresReadSide)
})

describe('postgresProjections', () => {
  projectionStoreContract(postgresReadSide)
})
