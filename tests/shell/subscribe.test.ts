import { memory } from 'reprise/memory'
import { postgresReadSide } from '../support/postgres-read-side'
import { subscribeSuite } from './subscribe.suite'

describe('subscribe, in memory', () => {
  subscribeSuite(async () => memory())
})

describe('subscribe, in PostgreSQL', () => {
  subscribeSuite(postgresReadSide)
})
