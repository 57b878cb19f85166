import { memory } from 'reprise/memory'
import { postgresReadSide } from '../support/postgres-read-side'
import { processSuite } from './process.suite'

describe('process managers, in memory', () => {
  processSuite(async () => memory())
})

describe('process managers, in PostgreSQL', () => {
  processSuite(() => postgresReadSide())
})
