import { memory } from 'reprise/memory'
import { postgresReadSide } from '../support/postgres-read-side'
import { subscribeSuite } from './subscription.suite'

describe('runSubscription, in memory', () => {
  subscribeSuite(async () => memory())
})

describe('runSubscription, in PostgreSQL', () => {
  subscribeSuite(() => postgresReadSide())
})
