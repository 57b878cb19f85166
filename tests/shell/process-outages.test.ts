import { memory } from '../../src/memory'
import { postgresReadSide } from '../support/postgres-read-side'
import { processOutagesSuite } from './process-outages.suite'

describe('a process manager, in memory', () => {
  processOutagesSuite(async () => memory())
})

describe('a process manager, in PostgreSQL', () => {
  processOutagesSuite(() => postgresReadSide())
})
