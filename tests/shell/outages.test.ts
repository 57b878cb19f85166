import { memory } from '../../src/memory'
import { postgresReadSide } from '../support/postgres-read-side'
import { outagesSuite } from './outages.suite'

describe('a subscription, in memory', () => {
  outagesSuite(async () => memory())
})

describe('a subscription, in PostgreSQL', () => {
  outagesSuite(() => postgresReadSide())
})
